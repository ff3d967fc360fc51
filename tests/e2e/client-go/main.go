// A program as authors of operators write it: client-go against the server that the kubeconfig names.
//
// Each case prints "ok NAME" or "FAIL NAME: why"; the exit code is 1 when one failed. Arguments choose cases by name; there are none: all.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	appsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	eventsv1 "k8s.io/client-go/kubernetes/typed/events/v1"
	policyv1 "k8s.io/client-go/kubernetes/typed/policy/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	caseTimeout = 60 * time.Second
	protobuf    = "application/vnd.kubernetes.protobuf"
)

// clients are what every case may use: typed clients of a few groups that speak one content type.
type clients struct {
	config       *rest.Config
	core         corev1.CoreV1Interface
	apps         appsv1.AppsV1Interface
	coordination coordinationv1.CoordinationV1Interface
	events       eventsv1.EventsV1Interface
	policy       policyv1.PolicyV1Interface
}

// world is the server in both content types, and a namespace of the case's own.
type world struct {
	json      clients
	protobuf  clients
	namespace string
}

type testCase struct {
	name string
	run  func(context.Context, *world) error
}

var cases = []testCase{
	{"discovery", discoveryCase},
	{"typed", typedCase},
	{"quantities-and-times", valuesCase},
	{"conflict", conflictCase},
	{"dynamic", dynamicCase},
	{"paging", pagingCase},
	{"delete", deleteCase},
	{"informer", informerCase},
	{"metadata-informer", metadataInformerCase},
	{"retry-watcher", retryWatcherCase},
	{"apply", applyCase},
	{"apply-status", applyStatusCase},
	{"leader-election", leaderElectionCase},
	{"recorder", recorderCase},
	{"events", eventsCase},
	{"eviction", evictionCase},
	{"scale", scaleCase},
	{"token", tokenCase},
	{"exec", execCase},
	{"port-forward", portForwardCase},
	{"restart", restartCase},
}

func newClients(config *rest.Config, contentType string) clients {
	config = rest.CopyConfig(config)
	config.ContentType = contentType
	config.AcceptContentTypes = contentType + ",application/json"
	config.QPS = -1
	return clients{
		config:       config,
		core:         corev1.NewForConfigOrDie(config),
		apps:         appsv1.NewForConfigOrDie(config),
		coordination: coordinationv1.NewForConfigOrDie(config),
		events:       eventsv1.NewForConfigOrDie(config),
		policy:       policyv1.NewForConfigOrDie(config),
	}
}

func runCase(config *rest.Config, one testCase) error {
	ctx, cancel := context.WithTimeout(context.Background(), caseTimeout)
	defer cancel()
	w := &world{json: newClients(config, "application/json"), protobuf: newClients(config, protobuf)}
	remove, err := makeNamespace(ctx, w, one.name)
	if err != nil {
		return err
	}
	defer remove()
	return one.run(ctx, w)
}

func main() {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		panic(err)
	}
	// Warnings of the server would stand between the results.
	config.WarningHandler = rest.NoWarnings{}
	failed := false
	for _, one := range cases {
		if len(os.Args) > 1 && !slices.Contains(os.Args[1:], one.name) {
			continue
		}
		start := time.Now()
		if err := runCase(config, one); err != nil {
			failed = true
			fmt.Printf("FAIL %s: %v\n", one.name, err)
		} else {
			fmt.Printf("ok %s %dms\n", one.name, time.Since(start).Milliseconds())
		}
	}
	if failed {
		os.Exit(1)
	}
}
