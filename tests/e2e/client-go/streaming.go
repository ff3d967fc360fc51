package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
	"k8s.io/streaming/pkg/httpstream"
)

// startPod runs the image of IMAGE, which serves HTTP on port 8080.
func startPod(ctx context.Context, w *world) error {
	one := pod("web", nil)
	one.Spec.SchedulerName = ""
	one.Spec.Containers[0].Image = os.Getenv("IMAGE")
	if _, err := w.protobuf.core.Pods(w.namespace).Create(ctx, one, meta.CreateOptions{}); err != nil {
		return err
	}
	return eventually(ctx, "the pod to be ready", func(ctx context.Context) (bool, error) {
		now, err := w.protobuf.core.Pods(w.namespace).Get(ctx, "web", meta.GetOptions{})
		if err != nil {
			return false, err
		}
		for _, condition := range now.Status.Conditions {
			if condition.Type == core.PodReady && condition.Status == core.ConditionTrue {
				return true, nil
			}
		}
		return false, nil
	})
}

func subresource(w *world, name string) *rest.Request {
	return w.json.core.RESTClient().Post().Resource("pods").Namespace(w.namespace).Name("web").SubResource(name)
}

// execCase runs commands over WebSocket, over SPDY, and through what falls back from one to the other.
func execCase(ctx context.Context, w *world) error {
	if err := startPod(ctx, w); err != nil {
		return err
	}
	command := func(words ...string) *rest.Request {
		return subresource(w, "exec").VersionedParams(&core.PodExecOptions{Command: words, Stdin: true, Stdout: true, Stderr: true}, scheme.ParameterCodec)
	}
	executors := func(request *rest.Request) (map[string]remotecommand.Executor, error) {
		socket, err := remotecommand.NewWebSocketExecutor(w.json.config, "GET", request.URL().String())
		if err != nil {
			return nil, err
		}
		stream, err := remotecommand.NewSPDYExecutor(w.json.config, "POST", request.URL())
		if err != nil {
			return nil, err
		}
		either, err := remotecommand.NewFallbackExecutor(socket, stream, httpstream.IsUpgradeFailure)
		return map[string]remotecommand.Executor{"websocket": socket, "spdy": stream, "fallback": either}, err
	}
	text := strings.Repeat("0123456789abcdef", 64<<10)
	copying, err := executors(command("cat"))
	if err != nil {
		return err
	}
	for name, executor := range copying {
		var out bytes.Buffer
		if err := executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: strings.NewReader(text), Stdout: &out, Stderr: io.Discard}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if out.String() != text {
			return fmt.Errorf("%s: %d of %d bytes came back", name, out.Len(), len(text))
		}
	}
	failing, err := executors(command("sh", "-c", "echo oops >&2; exit 7"))
	if err != nil {
		return err
	}
	for name, executor := range failing {
		var out, problems bytes.Buffer
		err := executor.StreamWithContext(ctx, remotecommand.StreamOptions{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &problems})
		var code exec.CodeExitError
		if !errors.As(err, &code) || code.Code != 7 || problems.String() != "oops\n" {
			return fmt.Errorf("%s: %v, %q", name, err, problems.String())
		}
	}
	return nil
}

// portForwardCase reads a page through a tunnel over WebSocket and over SPDY.
func portForwardCase(ctx context.Context, w *world) error {
	if err := startPod(ctx, w); err != nil {
		return err
	}
	target := subresource(w, "portforward").URL()
	socket, err := portforward.NewSPDYOverWebsocketDialer(target, w.json.config)
	if err != nil {
		return err
	}
	roundTripper, upgrader, err := spdy.RoundTripperFor(w.json.config)
	if err != nil {
		return err
	}
	stream := spdy.NewDialer(upgrader, &http.Client{Transport: roundTripper}, http.MethodPost, target)
	for _, dialer := range []struct {
		name string
		dial func(stop, ready chan struct{}) (*portforward.PortForwarder, error)
	}{
		{"websocket", func(stop, ready chan struct{}) (*portforward.PortForwarder, error) {
			return portforward.NewOnAddresses(socket, []string{"127.0.0.1"}, []string{":8080"}, stop, ready, io.Discard, os.Stderr)
		}},
		{"spdy", func(stop, ready chan struct{}) (*portforward.PortForwarder, error) {
			return portforward.NewOnAddresses(stream, []string{"127.0.0.1"}, []string{":8080"}, stop, ready, io.Discard, os.Stderr)
		}},
	} {
		stop, ready := make(chan struct{}), make(chan struct{})
		forwarder, err := dialer.dial(stop, ready)
		if err != nil {
			return fmt.Errorf("%s: %w", dialer.name, err)
		}
		ended := make(chan error, 1)
		go func() { ended <- forwarder.ForwardPorts() }()
		select {
		case <-ready:
		case err := <-ended:
			return fmt.Errorf("%s: %w", dialer.name, err)
		case <-time.After(10 * time.Second):
			return fmt.Errorf("%s: not ready", dialer.name)
		}
		ports, err := forwarder.GetPorts()
		if err != nil {
			return err
		}
		for range 3 {
			answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", ports[0].Local))
			if err != nil {
				return fmt.Errorf("%s: %w", dialer.name, err)
			}
			_, err = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			if err := first(err, expect(answer.StatusCode == http.StatusOK, "%s: status %d", dialer.name, answer.StatusCode)); err != nil {
				return err
			}
		}
		close(stop)
		if err := <-ended; err != nil {
			return fmt.Errorf("%s: %w", dialer.name, err)
		}
	}
	return nil
}
