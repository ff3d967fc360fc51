package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// countedTransport counts the requests of each way to fill an informer.
type countedTransport struct {
	next          http.RoundTripper
	lists         atomic.Int32
	streamedLists atomic.Int32
}

func (c *countedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	query := request.URL.Query()
	if query.Get("sendInitialEvents") == "true" {
		c.streamedLists.Add(1)
	} else if request.Method == "GET" && query.Get("watch") == "" {
		c.lists.Add(1)
	}
	return c.next.RoundTrip(request)
}

func counted(config *rest.Config) (*rest.Config, *countedTransport) {
	counter := &countedTransport{}
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		counter.next = next
		return counter
	})
	return config, counter
}

// listsOnly makes a reflector list before it watches.
type listsOnly struct{}

func (listsOnly) IsWatchListSemanticsUnSupported() bool { return true }

const manyMaps = 40

// informerCase fills two informers, one from a streamed list and one from pages, and expects the same of both all along.
func informerCase(ctx context.Context, w *world) error {
	maps := w.protobuf.core.ConfigMaps(w.namespace)
	for i := range manyMaps {
		if _, err := maps.Create(ctx, configMap(fmt.Sprintf("map-%02d", i), map[string]string{"app": "web"}), meta.CreateOptions{}); err != nil {
			return err
		}
	}
	config, counter := counted(w.protobuf.config)
	client := corev1.NewForConfigOrDie(config).ConfigMaps(w.namespace)
	selected := func(options *meta.ListOptions) { options.LabelSelector = "app=web" }
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options meta.ListOptions) (runtime.Object, error) {
			selected(&options)
			return client.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options meta.ListOptions) (watch.Interface, error) {
			selected(&options)
			return client.Watch(ctx, options)
		},
	}
	informers := []cache.SharedIndexInformer{
		cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(source, client), &core.ConfigMap{}, 0, cache.Indexers{}),
		cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(source, listsOnly{}), &core.ConfigMap{}, 0, cache.Indexers{}),
	}
	for _, informer := range informers {
		go informer.RunWithContext(ctx)
		if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
			return fmt.Errorf("not synced")
		}
		if err := expect(len(informer.GetStore().ListKeys()) == manyMaps, "%d objects", len(informer.GetStore().ListKeys())); err != nil {
			return err
		}
	}
	if err := expect(counter.streamedLists.Load() == 1 && counter.lists.Load() >= 1, "%d streamed lists, %d lists", counter.streamedLists.Load(), counter.lists.Load()); err != nil {
		return err
	}
	changed, err := maps.Get(ctx, "map-00", meta.GetOptions{})
	if err != nil {
		return err
	}
	changed.Data["key"] = "changed"
	gone, err2 := maps.Get(ctx, "map-01", meta.GetOptions{})
	if err2 != nil {
		return err2
	}
	gone.Labels["app"] = "other"
	_, err = maps.Update(ctx, changed, meta.UpdateOptions{})
	_, err2 = maps.Update(ctx, gone, meta.UpdateOptions{})
	if err := first(err, err2, maps.Delete(ctx, "map-02", meta.DeleteOptions{})); err != nil {
		return err
	}
	return eventually(ctx, "both informers to follow", func(context.Context) (bool, error) {
		for _, informer := range informers {
			one, exists, _ := informer.GetStore().GetByKey(w.namespace + "/map-00")
			if len(informer.GetStore().ListKeys()) != manyMaps-2 || !exists || one.(*core.ConfigMap).Data["key"] != "changed" {
				return false, nil
			}
		}
		return true, nil
	})
}

// metadataInformerCase watches what is common to all kinds, in protobuf.
func metadataInformerCase(ctx context.Context, w *world) error {
	config, counter := counted(metadata.ConfigFor(w.protobuf.config))
	client := metadata.NewForConfigOrDie(config).Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).Namespace(w.namespace)
	source := cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options meta.ListOptions) (runtime.Object, error) {
			return client.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options meta.ListOptions) (watch.Interface, error) {
			return client.Watch(ctx, options)
		},
	}, client)
	informer := cache.NewSharedIndexInformer(source, &meta.PartialObjectMetadata{}, 0, cache.Indexers{})
	go informer.RunWithContext(ctx)
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return fmt.Errorf("not synced")
	}
	if _, err := w.json.core.ConfigMaps(w.namespace).Create(ctx, configMap("later", map[string]string{"a": "b"}), meta.CreateOptions{}); err != nil {
		return err
	}
	return first(
		eventually(ctx, "the new object", func(context.Context) (bool, error) {
			one, exists, err := informer.GetStore().GetByKey(w.namespace + "/later")
			return exists && one.(*meta.PartialObjectMetadata).Labels["a"] == "b", err
		}),
		expect(counter.streamedLists.Load() == 1, "%d streamed lists", counter.streamedLists.Load()))
}

// retryWatcherCase goes on where it was each time the server ends the watch, and stops with 410 where history has gone.
func retryWatcherCase(ctx context.Context, w *world) error {
	maps := w.protobuf.core.ConfigMaps(w.namespace)
	list, err := maps.List(ctx, meta.ListOptions{})
	if err != nil {
		return err
	}
	var opened atomic.Int32
	second := int64(1)
	watcher, err := watchtools.NewRetryWatcherWithContext(ctx, list.ResourceVersion, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options meta.ListOptions) (watch.Interface, error) {
			opened.Add(1)
			options.TimeoutSeconds = &second
			return maps.Watch(ctx, options)
		},
	})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	for i := range 3 {
		name := fmt.Sprintf("seen-%d", i)
		if _, err := maps.Create(ctx, configMap(name, nil), meta.CreateOptions{}); err != nil {
			return err
		}
		select {
		case event := <-watcher.ResultChan():
			made, ok := event.Object.(*core.ConfigMap)
			if !ok || event.Type != watch.Added || made.Name != name {
				return fmt.Errorf("event %v", event)
			}
		case <-time.After(10 * time.Second):
			return fmt.Errorf("no event for %s", name)
		}
		if err := eventually(ctx, "the next watch", func(context.Context) (bool, error) { return int(opened.Load()) > i+1, nil }); err != nil {
			return err
		}
	}
	return nil
}

// restartCase runs the command of RESTART, which stops the server and starts it again, under an informer that has to notice what came later.
func restartCase(ctx context.Context, w *world) error {
	maps := w.protobuf.core.ConfigMaps(w.namespace)
	informer := cache.NewSharedIndexInformer(cache.NewListWatchFromClient(w.protobuf.core.RESTClient(), "configmaps", w.namespace, fields.Everything()), &core.ConfigMap{}, 0, cache.Indexers{})
	go informer.RunWithContext(ctx)
	if _, err := maps.Create(ctx, configMap("before", nil), meta.CreateOptions{}); err != nil {
		return err
	}
	seen := func(name string) error {
		return eventually(ctx, name, func(context.Context) (bool, error) {
			_, exists, err := informer.GetStore().GetByKey(w.namespace + "/" + name)
			return exists, err
		})
	}
	if err := seen("before"); err != nil {
		return err
	}
	if output, err := exec.CommandContext(ctx, "sh", "-c", os.Getenv("RESTART")).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	if _, err := maps.Create(ctx, configMap("after", nil), meta.CreateOptions{}); err != nil {
		return err
	}
	return first(seen("after"), maps.Delete(ctx, "before", meta.DeleteOptions{}), eventually(ctx, "the deletion", func(context.Context) (bool, error) {
		_, exists, err := informer.GetStore().GetByKey(w.namespace + "/before")
		return !exists, err
	}))
}
