// What Prometheus discovers in a Kubernetes cluster: reads a kubernetes_sd_config (YAML) from standard input and prints the labels of all targets as JSON,
// once nothing has come for a second.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v2"

	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/discovery/kubernetes"
	"github.com/prometheus/prometheus/discovery/targetgroup"
)

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	var config kubernetes.SDConfig
	if err := yaml.UnmarshalStrict(text, &config); err != nil {
		log.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	metrics := config.NewDiscovererMetrics(registry, discovery.NewRefreshMetrics(registry))
	discoverer, err := config.NewDiscoverer(discovery.DiscovererOptions{Metrics: metrics})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	updates := make(chan []*targetgroup.Group)
	go discoverer.Run(ctx, updates)
	if err := json.NewEncoder(os.Stdout).Encode(collect(updates)); err != nil {
		log.Fatal(err)
	}
}

func collect(updates <-chan []*targetgroup.Group) []model.LabelSet {
	groups := map[string]*targetgroup.Group{}
	wait := 20 * time.Second
	for {
		select {
		case update := <-updates:
			for _, group := range update {
				if group != nil {
					groups[group.Source] = group
				}
			}
			wait = time.Second
		case <-time.After(wait):
			targets := []model.LabelSet{}
			for _, group := range groups {
				for _, target := range group.Targets {
					targets = append(targets, group.Labels.Merge(target))
				}
			}
			return targets
		}
	}
}
