package main

import (
	"context"
	"fmt"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// makeNamespace makes a namespace with its service account and answers what removes it.
func makeNamespace(ctx context.Context, w *world, name string) (func(), error) {
	made, err := w.json.core.Namespaces().Create(ctx, &core.Namespace{ObjectMeta: meta.ObjectMeta{GenerateName: name + "-"}}, meta.CreateOptions{})
	if err != nil {
		return nil, err
	}
	w.namespace = made.Name
	return func() {
			_ = w.json.core.Namespaces().Delete(context.Background(), made.Name, meta.DeleteOptions{})
		}, eventually(ctx, "the default service account", func(ctx context.Context) (bool, error) {
			_, err := w.json.core.ServiceAccounts(made.Name).Get(ctx, "default", meta.GetOptions{})
			return err == nil, nil
		})
}

func eventually(ctx context.Context, what string, check func(context.Context) (bool, error)) error {
	if err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, 40*time.Second, true, check); err != nil {
		return fmt.Errorf("waiting for %s: %w", what, err)
	}
	return nil
}

func configMap(name string, labels map[string]string) *core.ConfigMap {
	return &core.ConfigMap{ObjectMeta: meta.ObjectMeta{Name: name, Labels: labels}, Data: map[string]string{"key": name}}
}

// pod is one that no node runs: it names a scheduler that does not exist.
func pod(name string, labels map[string]string) *core.Pod {
	return &core.Pod{
		ObjectMeta: meta.ObjectMeta{Name: name, Labels: labels},
		Spec:       core.PodSpec{SchedulerName: "nobody", Containers: []core.Container{{Name: "main", Image: "none"}}},
	}
}

func expect(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// first answers the first error of a list.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
