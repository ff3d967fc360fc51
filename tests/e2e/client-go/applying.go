package main

import (
	"context"
	"strings"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	autoscalingapply "k8s.io/client-go/applyconfigurations/autoscaling/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
)

func applied(namespace string, replicas int32, image string) *appsapply.DeploymentApplyConfiguration {
	labels := map[string]string{"app": "web"}
	return appsapply.Deployment("web", namespace).WithSpec(appsapply.DeploymentSpec().
		WithReplicas(replicas).
		WithSelector(metaapply.LabelSelector().WithMatchLabels(labels)).
		WithTemplate(coreapply.PodTemplateSpec().WithLabels(labels).WithSpec(coreapply.PodSpec().
			WithContainers(coreapply.Container().WithName("main").WithImage(image)))))
}

// applyCase is what a controller that applies does: declare, meet conflicts, force, extract what it owns, change and apply that.
func applyCase(ctx context.Context, w *world) error {
	deployments := w.protobuf.apps.Deployments(w.namespace)
	mine := meta.ApplyOptions{FieldManager: "mine"}
	if _, err := deployments.Apply(ctx, applied(w.namespace, 0, "a"), mine); err != nil {
		return err
	}
	_, err := deployments.Apply(ctx, applied(w.namespace, 0, "b"), meta.ApplyOptions{FieldManager: "other"})
	if !apierrors.IsConflict(err) {
		return expect(false, "no conflict: %v", err)
	}
	causes := err.(apierrors.APIStatus).Status().Details.Causes
	if err := first(
		expect(len(causes) == 1 && causes[0].Type == meta.CauseTypeFieldManagerConflict, "causes %v", causes),
		expect(causes[0].Field == `.spec.template.spec.containers[name="main"].image`, "field %s", causes[0].Field),
		expect(strings.Contains(err.Error(), `conflict with "mine"`), "message %s", err)); err != nil {
		return err
	}
	live, err := deployments.Apply(ctx, applied(w.namespace, 0, "b"), meta.ApplyOptions{FieldManager: "other", Force: true})
	if err != nil {
		return err
	}
	extracted, err := appsapply.ExtractDeployment(live, "mine")
	if err != nil {
		return err
	}
	// "mine" no longer owns the image, so its extract has none, and applying the extract changes nothing.
	if err := expect(extracted.Spec.Template.Spec.Containers[0].Image == nil && *extracted.Spec.Replicas == 0, "extracted %v", extracted.Spec); err != nil {
		return err
	}
	if err := eventually(ctx, "an apply that writes nothing", func(ctx context.Context) (bool, error) {
		// The controller may write the status in between.
		before, err := deployments.Get(ctx, "web", meta.GetOptions{})
		if err != nil {
			return false, err
		}
		again, err := deployments.Apply(ctx, extracted, mine)
		return err == nil && again.ResourceVersion == before.ResourceVersion, err
	}); err != nil {
		return err
	}
	// What scales owns the replicas from then on.
	if _, err := deployments.ApplyScale(ctx, "web", autoscalingapply.Scale().WithSpec(autoscalingapply.ScaleSpec().WithReplicas(0)), meta.ApplyOptions{FieldManager: "scaler", Force: true}); err != nil {
		return err
	}
	removed, err := deployments.Apply(ctx, applied(w.namespace, 0, "b"), meta.ApplyOptions{FieldManager: "other"})
	if err != nil {
		return err
	}
	return expect(removed.Spec.Template.Spec.Containers[0].Image == "b", "image %s", removed.Spec.Template.Spec.Containers[0].Image)
}

func applyStatusCase(ctx context.Context, w *world) error {
	pods := w.protobuf.core.Pods(w.namespace)
	if _, err := pods.Create(ctx, pod("one", nil), meta.CreateOptions{}); err != nil {
		return err
	}
	condition := coreapply.PodCondition().WithType("example.com/checked").WithStatus(core.ConditionTrue)
	declared := coreapply.Pod("one", w.namespace).WithStatus(coreapply.PodStatus().WithConditions(condition))
	live, err := pods.ApplyStatus(ctx, declared, meta.ApplyOptions{FieldManager: "checker"})
	if err != nil {
		return err
	}
	extracted, err := coreapply.ExtractPodStatus(live, "checker")
	if err != nil {
		return err
	}
	if err := expect(len(extracted.Status.Conditions) == 1, "extracted %v", extracted.Status); err != nil {
		return err
	}
	live, err = pods.ApplyStatus(ctx, coreapply.Pod("one", w.namespace), meta.ApplyOptions{FieldManager: "checker"})
	if err != nil {
		return err
	}
	return expect(len(live.Status.Conditions) == 0, "conditions %v", live.Status.Conditions)
}
