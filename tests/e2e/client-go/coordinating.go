package main

import (
	"context"
	"fmt"
	"time"

	authentication "k8s.io/api/authentication/v1"
	autoscaling "k8s.io/api/autoscaling/v1"
	core "k8s.io/api/core/v1"
	events "k8s.io/api/events/v1"
	policy "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/kubernetes/scheme"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/retry"
)

// leaderElectionCase runs two candidates: one leads; when it gives up, the other does.
func leaderElectionCase(ctx context.Context, w *world) error {
	leads := make(chan string, 4)
	candidate := func(ctx context.Context, name string) {
		leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
			Lock: &resourcelock.LeaseLock{
				LeaseMeta:  meta.ObjectMeta{Namespace: w.namespace, Name: "leader"},
				Client:     w.protobuf.coordination,
				LockConfig: resourcelock.ResourceLockConfig{Identity: name},
			},
			LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 200 * time.Millisecond,
			ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { leads <- name },
				OnStoppedLeading: func() {},
			},
		})
	}
	firstCtx, resign := context.WithCancel(ctx)
	defer resign()
	go candidate(firstCtx, "one")
	if leader := <-leads; leader != "one" {
		return fmt.Errorf("%s leads", leader)
	}
	secondCtx, stop := context.WithCancel(ctx)
	defer stop()
	go candidate(secondCtx, "two")
	select {
	case leader := <-leads:
		return fmt.Errorf("%s leads as well", leader)
	case <-time.After(500 * time.Millisecond):
	}
	resign()
	select {
	case leader := <-leads:
		if leader != "two" {
			return fmt.Errorf("%s leads again", leader)
		}
	case <-time.After(10 * time.Second):
		return fmt.Errorf("nobody leads")
	}
	lease, err := w.json.coordination.Leases(w.namespace).Get(ctx, "leader", meta.GetOptions{})
	if err != nil {
		return err
	}
	return expect(*lease.Spec.HolderIdentity == "two" && *lease.Spec.LeaseTransitions >= 1 && lease.Spec.RenewTime != nil, "lease %v", lease.Spec)
}

// recorderCase records one event twice: the second raises its count.
func recorderCase(ctx context.Context, w *world) error {
	about, err := w.json.core.ConfigMaps(w.namespace).Create(ctx, configMap("subject", nil), meta.CreateOptions{})
	if err != nil {
		return err
	}
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&corev1.EventSinkImpl{Interface: w.protobuf.core.Events(w.namespace)})
	recorder := broadcaster.NewRecorder(scheme.Scheme, core.EventSource{Component: "client-go"})
	recorder.Eventf(about, core.EventTypeNormal, "Tested", "tested %s", "it")
	recorder.Eventf(about, core.EventTypeNormal, "Tested", "tested %s", "it")
	return eventually(ctx, "the event to count two", func(ctx context.Context) (bool, error) {
		list, err := w.json.core.Events(w.namespace).List(ctx, meta.ListOptions{FieldSelector: "involvedObject.name=subject,reason=Tested"})
		if err != nil || len(list.Items) == 0 {
			return false, err
		}
		one := list.Items[0]
		return one.Count == 2 && one.InvolvedObject.UID == about.UID && !one.LastTimestamp.IsZero() && one.ReportingController == "client-go", nil
	})
}

// eventsCase writes through the newer API and reads through both.
func eventsCase(ctx context.Context, w *world) error {
	client := w.protobuf.events.Events(w.namespace)
	at := meta.NewMicroTime(time.Now())
	made, err := client.Create(ctx, &events.Event{
		ObjectMeta: meta.ObjectMeta{GenerateName: "event-"}, EventTime: at, Type: "Normal", Reason: "Tested", Action: "Testing", Note: "a note",
		ReportingController: "example.com/tester", ReportingInstance: "tester-1",
		Regarding: core.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: w.namespace, Name: "subject"},
	}, meta.CreateOptions{})
	if err != nil {
		return err
	}
	made.Series = &events.EventSeries{Count: 2, LastObservedTime: meta.NowMicro()}
	if made, err = client.Update(ctx, made, meta.UpdateOptions{}); err != nil {
		return err
	}
	seen, err := w.json.core.Events(w.namespace).Get(ctx, made.Name, meta.GetOptions{})
	if err != nil {
		return err
	}
	return first(
		expect(seen.Message == "a note" && seen.InvolvedObject.Name == "subject" && seen.Series.Count == 2, "core event %v", seen),
		expect(seen.EventTime.Time.Equal(at.Time.Truncate(time.Microsecond)), "event time %v, not %v", seen.EventTime, at))
}

// evictionCase is refused while a budget allows nothing, and goes through when it does.
func evictionCase(ctx context.Context, w *world) error {
	labels := map[string]string{"app": "guarded"}
	pods := w.protobuf.core.Pods(w.namespace)
	made, err := pods.Create(ctx, pod("guarded", labels), meta.CreateOptions{})
	if err != nil {
		return err
	}
	made.Status.Phase = core.PodRunning
	made.Status.Conditions = []core.PodCondition{{Type: core.PodReady, Status: core.ConditionTrue}}
	if _, err := pods.UpdateStatus(ctx, made, meta.UpdateOptions{}); err != nil {
		return err
	}
	one := intstr.FromInt32(1)
	budgets := w.protobuf.policy.PodDisruptionBudgets(w.namespace)
	if _, err := budgets.Create(ctx, &policy.PodDisruptionBudget{ObjectMeta: meta.ObjectMeta{Name: "guard"}, Spec: policy.PodDisruptionBudgetSpec{
		MinAvailable: &one, Selector: &meta.LabelSelector{MatchLabels: labels},
	}}, meta.CreateOptions{}); err != nil {
		return err
	}
	if err := eventually(ctx, "the budget to be counted", func(ctx context.Context) (bool, error) {
		budget, err := budgets.Get(ctx, "guard", meta.GetOptions{})
		return err == nil && budget.Status.CurrentHealthy == 1, err
	}); err != nil {
		return err
	}
	eviction := &policy.Eviction{ObjectMeta: meta.ObjectMeta{Namespace: w.namespace, Name: "guarded"}}
	refused := pods.EvictV1(ctx, eviction)
	if err := expect(apierrors.IsTooManyRequests(refused) && apierrors.HasStatusCause(refused, policy.DisruptionBudgetCause), "refused with %v", refused); err != nil {
		return err
	}
	if err := budgets.Delete(ctx, "guard", meta.DeleteOptions{}); err != nil {
		return err
	}
	return eventually(ctx, "the eviction", func(ctx context.Context) (bool, error) {
		err := pods.EvictV1(ctx, eviction)
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
}

func scaleCase(ctx context.Context, w *world) error {
	if _, err := w.json.apps.Deployments(w.namespace).Create(ctx, deployment("web", 0), meta.CreateOptions{}); err != nil {
		return err
	}
	finder := discovery.NewDiscoveryClientForConfigOrDie(w.json.config)
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(finder))
	client, err := scale.NewForConfig(w.json.config, mapper, dynamicPaths, scale.NewDiscoveryScaleKindResolver(finder))
	if err != nil {
		return err
	}
	resource := schema.GroupResource{Group: "apps", Resource: "deployments"}
	var now *autoscaling.Scale
	if err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		read, err := client.Scales(w.namespace).Get(ctx, resource, "web", meta.GetOptions{})
		if err != nil {
			return err
		}
		read.Spec.Replicas = 2
		now, err = client.Scales(w.namespace).Update(ctx, resource, read, meta.UpdateOptions{})
		return err
	}); err != nil {
		return err
	}
	return expect(now.Spec.Replicas == 2 && now.Status.Selector == "app=web", "scale %v", now)
}

func dynamicPaths(kind schema.GroupVersionKind) string {
	if kind.Group == "" {
		return "/api"
	}
	return "/apis"
}

// tokenCase asks for a token and is the service account with it.
func tokenCase(ctx context.Context, w *world) error {
	seconds := int64(600)
	answer, err := w.protobuf.core.ServiceAccounts(w.namespace).CreateToken(ctx, "default", &authentication.TokenRequest{
		Spec: authentication.TokenRequestSpec{ExpirationSeconds: &seconds},
	}, meta.CreateOptions{})
	if err != nil {
		return err
	}
	config := rest.AnonymousClientConfig(w.json.config)
	config.BearerToken = answer.Status.Token
	_, err = corev1.NewForConfigOrDie(config).Secrets(w.namespace).List(ctx, meta.ListOptions{})
	config.BearerToken = "nonsense"
	_, nobody := corev1.NewForConfigOrDie(config).Secrets(w.namespace).List(ctx, meta.ListOptions{})
	return first(
		expect(apierrors.IsForbidden(err), "the service account is answered %v", err),
		expect(apierrors.IsUnauthorized(nobody), "a bad token is answered %v", nobody))
}
