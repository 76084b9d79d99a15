// Command yardsticks times the Go libraries that our code is compared with, on the same input and in the same run:
//
//	yardsticks parse FILE        parses an uncompressed pprof with github.com/google/pprof
//	yardsticks relabel FILE      applies Prometheus' relabelling to the label sets and rules in a JSON file
//
// Each prints one JSON object with the CPU time that one operation took. One core is used.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/google/pprof/profile"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
)

const budget = 2 * time.Second

type ruleInput struct {
	Action       string   `json:"action"`
	SourceLabels []string `json:"source_labels"`
	Separator    string   `json:"separator"`
	Regex        string   `json:"regex"`
	TargetLabel  string   `json:"target_label"`
	Replacement  string   `json:"replacement"`
}

type relabelInput struct {
	Rules     []ruleInput         `json:"rules"`
	LabelSets []map[string]string `json:"label_sets"`
}

func main() {
	runtime.GOMAXPROCS(1)
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: yardsticks parse|relabel FILE"))
	}
	data, err := os.ReadFile(os.Args[2])
	if err != nil {
		fail(err)
	}
	switch os.Args[1] {
	case "parse":
		report(func() { parse(data) }, 1)
	case "relabel":
		apply, sets := relabelling(data)
		report(apply, sets)
	default:
		fail(fmt.Errorf("unknown yardstick %q", os.Args[1]))
	}
}

func parse(data []byte) {
	if _, err := profile.ParseUncompressed(data); err != nil {
		fail(err)
	}
}

func relabelling(data []byte) (apply func(), sets int) {
	var input relabelInput
	if err := json.Unmarshal(data, &input); err != nil {
		fail(err)
	}
	var rules []*relabel.Config
	for _, r := range input.Rules {
		c := relabel.DefaultRelabelConfig
		c.Action, c.Separator, c.TargetLabel, c.Replacement = relabel.Action(r.Action), r.Separator, r.TargetLabel, r.Replacement
		c.Regex = relabel.MustNewRegexp(r.Regex)
		c.NameValidationScheme = model.UTF8Validation
		for _, name := range r.SourceLabels {
			c.SourceLabels = append(c.SourceLabels, model.LabelName(name))
		}
		rules = append(rules, &c)
	}
	var inputs []labels.Labels
	for _, set := range input.LabelSets {
		inputs = append(inputs, labels.FromMap(set))
	}
	builder := labels.NewBuilder(labels.EmptyLabels())
	return func() {
		for _, set := range inputs {
			builder.Reset(set)
			if relabel.ProcessBuilder(builder, rules...) {
				builder.Labels()
			}
		}
	}, len(inputs)
}

// report runs the operation for the time budget and prints the CPU microseconds of one of its `parts`.
func report(operation func(), parts int) {
	operation()
	begin, rounds := cpu(), 0
	for stop := time.Now().Add(budget); time.Now().Before(stop); rounds++ {
		operation()
	}
	micros := float64((cpu() - begin).Microseconds()) / float64(rounds*parts)
	fmt.Printf("{\"cpuMicroseconds\":%.3f}\n", micros)
}

func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
