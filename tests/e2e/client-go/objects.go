package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/util/retry"
)

func discoveryCase(_ context.Context, w *world) error {
	aggregated := discovery.NewDiscoveryClientForConfigOrDie(w.json.config)
	legacy := discovery.NewDiscoveryClientForConfigOrDie(w.json.config)
	legacy.UseLegacyDiscovery = true
	count := func(client *discovery.DiscoveryClient) (map[string]int, error) {
		groups, resources, err := client.ServerGroupsAndResources()
		found := map[string]int{"groups": len(groups)}
		for _, list := range resources {
			found[list.GroupVersion] = len(list.APIResources)
		}
		return found, err
	}
	one, err := count(aggregated)
	if err != nil {
		return err
	}
	two, err := count(legacy)
	if err != nil {
		return err
	}
	version, err := aggregated.ServerVersion()
	if err != nil {
		return err
	}
	_, err = aggregated.OpenAPIV3().Paths()
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(aggregated))
	mapping, mapErr := mapper.RESTMapping(schema.GroupKind{Group: "apps", Kind: "Deployment"})
	if mapErr != nil {
		return mapErr
	}
	return first(err,
		expect(equality.Semantic.DeepEqual(one, two), "aggregated %v, legacy %v", one, two),
		expect(version.Minor == "36", "minor version %s", version.Minor),
		expect(mapping.Resource.Resource == "deployments" && mapping.Scope.Name() == "namespace", "mapping %v", mapping))
}

func deployment(name string, replicas int32) *apps.Deployment {
	labels := map[string]string{"app": name}
	return &apps.Deployment{
		ObjectMeta: meta.ObjectMeta{Name: name},
		Spec: apps.DeploymentSpec{
			Replicas: &replicas,
			Selector: &meta.LabelSelector{MatchLabels: labels},
			Template: core.PodTemplateSpec{ObjectMeta: meta.ObjectMeta{Labels: labels}, Spec: pod(name, nil).Spec},
		},
	}
}

// What one content type writes the other reads; updates, patches and status through either.
func typedCase(ctx context.Context, w *world) error {
	viaProtobuf := w.protobuf.apps.Deployments(w.namespace)
	viaJSON := w.json.apps.Deployments(w.namespace)
	made, err := viaProtobuf.Create(ctx, deployment("web", 0), meta.CreateOptions{FieldManager: "typed"})
	if err != nil {
		return err
	}
	if err := eventually(ctx, "the same object in both types", func(ctx context.Context) (bool, error) {
		one, err := viaProtobuf.Get(ctx, "web", meta.GetOptions{})
		two, err2 := viaJSON.Get(ctx, "web", meta.GetOptions{})
		if err := first(err, err2); err != nil {
			return false, err
		}
		if one.ResourceVersion != two.ResourceVersion || one.Status.ObservedGeneration == 0 {
			return false, nil
		}
		if !equality.Semantic.DeepEqual(one, two) {
			a, _ := json.Marshal(one)
			b, _ := json.Marshal(two)
			return false, fmt.Errorf("protobuf %s\njson %s", a, b)
		}
		return true, nil
	}); err != nil {
		return err
	}
	patched, err := viaProtobuf.Patch(ctx, "web", types.StrategicMergePatchType, []byte(`{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"none"}]}}}}`), meta.PatchOptions{})
	if err != nil {
		return err
	}
	_, err = viaProtobuf.Create(ctx, deployment("web", 0), meta.CreateOptions{})
	_, missing := viaProtobuf.Get(ctx, "nothing", meta.GetOptions{})
	bad := deployment("Bad_Name", 0)
	_, invalid := viaProtobuf.Create(ctx, bad, meta.CreateOptions{})
	dry, dryErr := viaProtobuf.Create(ctx, deployment("dry", 0), meta.CreateOptions{DryRun: []string{meta.DryRunAll}})
	return first(
		expect(made.UID != "" && made.Generation == 1, "made %v", made.ObjectMeta),
		expect(len(patched.Spec.Template.Spec.Containers) == 2, "containers after the patch: %v", patched.Spec.Template.Spec.Containers),
		expect(apierrors.IsAlreadyExists(err), "created twice: %v", err),
		expect(apierrors.IsNotFound(missing), "missing: %v", missing),
		expect(apierrors.IsInvalid(invalid), "invalid: %v", invalid),
		dryErr, expect(dryErr != nil || dry.UID != "", "a dry run has no UID"))
}

// Values with a text form of their own survive both encodings.
func valuesCase(ctx context.Context, w *world) error {
	one := pod("values", nil)
	one.Spec.Containers[0].Resources = core.ResourceRequirements{
		Requests: core.ResourceList{"cpu": resource.MustParse("0.1"), "memory": resource.MustParse("1.5Gi"), "example.com/x": resource.MustParse("3e3")},
		Limits:   core.ResourceList{"cpu": resource.MustParse("1500m"), "memory": resource.MustParse("2000000000"), "example.com/x": resource.MustParse("3000")},
	}
	one.Spec.Containers[0].ReadinessProbe = &core.Probe{ProbeHandler: core.ProbeHandler{HTTPGet: &core.HTTPGetAction{Port: intstr.FromString("web")}}}
	one.Spec.Containers[0].Ports = []core.ContainerPort{{Name: "web", ContainerPort: 80}}
	made, err := w.protobuf.core.Pods(w.namespace).Create(ctx, one, meta.CreateOptions{})
	if err != nil {
		return err
	}
	now := meta.NewTime(time.Now().Truncate(time.Second))
	made.Status.Conditions = []core.PodCondition{{Type: "Ready", Status: "False", LastTransitionTime: now}}
	if _, err := w.protobuf.core.Pods(w.namespace).UpdateStatus(ctx, made, meta.UpdateOptions{}); err != nil {
		return err
	}
	read, err := w.json.core.Pods(w.namespace).Get(ctx, "values", meta.GetOptions{})
	if err != nil {
		return err
	}
	got := read.Spec.Containers[0]
	text := fmt.Sprint(got.Resources.Requests.Cpu(), got.Resources.Requests.Memory(), got.Resources.Limits.Cpu(), got.Resources.Limits.Memory())
	return first(
		expect(equality.Semantic.DeepEqual(got.Resources, one.Spec.Containers[0].Resources), "resources %v", got.Resources),
		expect(text == "100m 1536Mi 1500m 2G", "quantities %s", text),
		expect(got.ReadinessProbe.HTTPGet.Port == intstr.FromString("web"), "port %v", got.ReadinessProbe.HTTPGet.Port),
		expect(read.Status.Conditions[0].LastTransitionTime.Equal(&now) && read.Status.Conditions[0].LastProbeTime.IsZero(), "condition %v", read.Status.Conditions[0]))
}

func conflictCase(ctx context.Context, w *world) error {
	maps := w.protobuf.core.ConfigMaps(w.namespace)
	stale, err := maps.Create(ctx, configMap("counter", nil), meta.CreateOptions{})
	if err != nil {
		return err
	}
	const writers = 8
	done := make(chan error, writers)
	for range writers {
		go func() {
			done <- retry.RetryOnConflict(retry.DefaultBackoff, func() error {
				current, err := maps.Get(ctx, "counter", meta.GetOptions{})
				if err != nil {
					return err
				}
				current.Data["key"] += "+"
				_, err = maps.Update(ctx, current, meta.UpdateOptions{})
				return err
			})
		}()
	}
	conflicts := 0
	for range writers {
		if err := <-done; apierrors.IsConflict(err) {
			conflicts++
		} else if err != nil {
			return err
		}
	}
	_, err = maps.Update(ctx, stale, meta.UpdateOptions{})
	final, getErr := maps.Get(ctx, "counter", meta.GetOptions{})
	if getErr != nil {
		return getErr
	}
	return first(
		expect(apierrors.IsConflict(err), "a stale update: %v", err),
		expect(len(final.Data["key"]) == len("counter")+writers-conflicts, "%d conflicts left %q", conflicts, final.Data["key"]))
}

func dynamicCase(ctx context.Context, w *world) error {
	client := dynamic.NewForConfigOrDie(w.json.config).Resource(schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}).Namespace(w.namespace)
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(deployment("web", 2))
	if err != nil {
		return err
	}
	object := &unstructured.Unstructured{Object: content}
	object.SetAPIVersion("apps/v1")
	object.SetKind("Deployment")
	made, err := client.Create(ctx, object, meta.CreateOptions{})
	if err != nil {
		return err
	}
	patched, err := client.Patch(ctx, "web", types.MergePatchType, []byte(`{"spec":{"replicas":3}}`), meta.PatchOptions{})
	if err != nil {
		return err
	}
	applied, err := client.Apply(ctx, "labels", &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": "labels"},
		"spec":     object.Object["spec"],
	}}, meta.ApplyOptions{FieldManager: "dynamic", Force: true})
	if err != nil {
		return err
	}
	unknown := dynamic.NewForConfigOrDie(w.json.config).Resource(schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "nothings"})
	_, err = unknown.List(ctx, meta.ListOptions{})
	replicas, _, _ := unstructured.NestedInt64(patched.Object, "spec", "replicas")
	scale, scaleErr := client.Get(ctx, "web", meta.GetOptions{}, "scale")
	if scaleErr != nil {
		return scaleErr
	}
	return first(
		expect(made.GetUID() != "" && replicas == 3 && patched.GetGeneration() == 2, "patched %v", patched),
		expect(len(applied.GetManagedFields()) > 0, "no managed fields"),
		expect(scale.GetKind() == "Scale", "scale is %s", scale.GetKind()),
		expect(apierrors.IsNotFound(err), "a resource that does not exist: %v", err))
}

func pagingCase(ctx context.Context, w *world) error {
	maps := w.protobuf.core.ConfigMaps(w.namespace)
	for i := range 25 {
		if _, err := maps.Create(ctx, configMap(fmt.Sprintf("page-%02d", i), map[string]string{"page": "yes"}), meta.CreateOptions{}); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	lister := pager.New(pager.SimplePageFunc(func(options meta.ListOptions) (runtime.Object, error) {
		options.LabelSelector = "page=yes"
		return maps.List(ctx, options)
	}))
	lister.PageSize = 10
	if err := lister.EachListItem(ctx, meta.ListOptions{}, func(object runtime.Object) error {
		seen[object.(*core.ConfigMap).Name] = true
		return nil
	}); err != nil {
		return err
	}
	page, err := maps.List(ctx, meta.ListOptions{Limit: 10})
	if err != nil {
		return err
	}
	_, err = maps.List(ctx, meta.ListOptions{Limit: 10, Continue: "nonsense"})
	return first(
		expect(len(seen) == 25, "%d objects", len(seen)),
		expect(page.Continue != "" && page.RemainingItemCount != nil && *page.RemainingItemCount == 16, "first page %v", page.ListMeta),
		expect(apierrors.IsBadRequest(err), "a continue token of nobody: %v", err))
}

func deleteCase(ctx context.Context, w *world) error {
	maps := w.protobuf.core.ConfigMaps(w.namespace)
	made, err := maps.Create(ctx, configMap("one", map[string]string{"group": "a"}), meta.CreateOptions{})
	if err != nil {
		return err
	}
	other := types.UID("other")
	err = maps.Delete(ctx, "one", meta.DeleteOptions{Preconditions: &meta.Preconditions{UID: &other}})
	if err := expect(apierrors.IsConflict(err), "another UID: %v", err); err != nil {
		return err
	}
	made.Finalizers = []string{"example.com/hold"}
	if made, err = maps.Update(ctx, made, meta.UpdateOptions{}); err != nil {
		return err
	}
	if err := maps.DeleteCollection(ctx, meta.DeleteOptions{}, meta.ListOptions{LabelSelector: "group=a"}); err != nil {
		return err
	}
	held, err := maps.Get(ctx, "one", meta.GetOptions{})
	if err != nil {
		return err
	}
	if err := expect(held.DeletionTimestamp != nil, "not being deleted"); err != nil {
		return err
	}
	if _, err := maps.Patch(ctx, "one", types.JSONPatchType, []byte(`[{"op":"remove","path":"/metadata/finalizers"}]`), meta.PatchOptions{}); err != nil {
		return err
	}
	_, err = maps.Get(ctx, "one", meta.GetOptions{})
	return expect(apierrors.IsNotFound(err), "still there: %v", err)
}
