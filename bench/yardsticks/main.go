// Command yardsticks times the Go libraries that our code is compared with, on the same input and in the same run:
//
//	yardsticks parse FILE        parses an uncompressed pprof with github.com/google/pprof
//	yardsticks relabel FILE      applies Prometheus' relabelling to the label sets and rules in a JSON file
//	yardsticks results FILE      prints what Prometheus' relabelling makes of the cases in a JSON file, for tests that compare
//
// The others print one JSON object with the CPU time that one operation took. One core is used.
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
	Modulus      uint64   `json:"modulus"`
}

type relabelInput struct {
	Rules     []ruleInput         `json:"rules"`
	LabelSets []map[string]string `json:"label_sets"`
}

// resultCase is one label set with the rules for it. Legacy tells which names a rule may make up.
type resultCase struct {
	Rules  []ruleInput       `json:"rules"`
	Labels map[string]string `json:"labels"`
	Legacy bool              `json:"legacy"`
}

func main() {
	runtime.GOMAXPROCS(1)
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: yardsticks parse|relabel|results FILE"))
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
	case "results":
		printResults(data)
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
	rules := compile(input.Rules, model.UTF8Validation)
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

func compile(inputs []ruleInput, names model.ValidationScheme) []*relabel.Config {
	var rules []*relabel.Config
	for _, r := range inputs {
		c := relabel.DefaultRelabelConfig
		c.Action, c.Separator, c.TargetLabel, c.Replacement = relabel.Action(r.Action), r.Separator, r.TargetLabel, r.Replacement
		c.Regex = relabel.MustNewRegexp(r.Regex)
		c.Modulus = r.Modulus
		c.NameValidationScheme = names
		for _, name := range r.SourceLabels {
			c.SourceLabels = append(c.SourceLabels, model.LabelName(name))
		}
		rules = append(rules, &c)
	}
	return rules
}

// printResults prints a list with the labels after the rules, null where they drop the set.
func printResults(data []byte) {
	var cases []resultCase
	if err := json.Unmarshal(data, &cases); err != nil {
		fail(err)
	}
	results := make([]map[string]string, len(cases))
	for i, one := range cases {
		names := model.UTF8Validation
		if one.Legacy {
			names = model.LegacyValidation
		}
		builder := labels.NewBuilder(labels.FromMap(one.Labels))
		if relabel.ProcessBuilder(builder, compile(one.Rules, names)...) {
			results[i] = builder.Labels().Map()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		fail(err)
	}
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
