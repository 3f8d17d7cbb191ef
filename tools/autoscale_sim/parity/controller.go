// What the controller's functions that extract.py takes out of Kubernetes stand on here, instead of the API machinery, and a loop that
// calls them: one case a line of JSON in, one answer a line out.

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"sync"
	"time"
)

var (
	scaleUpLimitFactor  = 2.0
	scaleUpLimitMinimum = 4.0

	epoch = time.Unix(1000000, 0)
	now   float64
)

func at(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * 1e9)) }
func clock() time.Time             { return at(now) }

type Set map[string]struct{}

func (s Set) Insert(name string) { s[name] = struct{}{} }
func (s Set) UnsortedList() []string {
	names := []string{}
	for name := range s {
		names = append(names, name)
	}
	return names
}

type (
	ResourceName string
	PodPhase     string
	Time         struct{ time.Time }
	PodCondition struct {
		Status             string
		LastTransitionTime Time
	}
	PodStatus struct {
		Phase     PodPhase
		StartTime *Time
		Ready     *PodCondition
	}
	Pod struct {
		Name              string
		DeletionTimestamp *Time
		Status            PodStatus
		Request           int64
	}
	PodMetric struct {
		Timestamp time.Time
		Window    time.Duration
		Value     int64
	}
	PodMetricsInfo map[string]PodMetric
	Selector       struct{}
	LabelSelector  struct{}
)

const (
	ResourceCPU    ResourceName = "cpu"
	PodPending     PodPhase     = "Pending"
	PodRunning     PodPhase     = "Running"
	PodFailed      PodPhase     = "Failed"
	PodReady                    = "Ready"
	ConditionTrue               = "True"
	ConditionFalse              = "False"
)

func GetPodCondition(status *PodStatus, _ string) (int, *PodCondition) { return 0, status.Ready }
func IsPodReady(pod *Pod) bool {
	return pod.Status.Ready != nil && pod.Status.Ready.Status == ConditionTrue
}
func LabelSelectorAsSelector(*LabelSelector) (Selector, error) { return Selector{}, nil }

type lister struct{ pods []*Pod }

func (l lister) Pods(string) lister            { return l }
func (l lister) List(Selector) ([]*Pod, error) { return l.pods, nil }

type metricsClient struct {
	ofPods  PodMetricsInfo
	ofWhole int64
}

func (c metricsClient) GetResourceMetric(context.Context, ResourceName, string, Selector, string) (PodMetricsInfo, time.Time, error) {
	return c.ofPods, clock(), nil
}
func (c metricsClient) GetExternalMetric(string, string, Selector) ([]int64, time.Time, error) {
	return []int64{c.ofWhole}, clock(), nil
}

type ReplicaCalculator struct {
	podLister                                              lister
	metricsClient                                          metricsClient
	cpuInitializationPeriod, delayOfInitialReadinessStatus time.Duration
}

func calculateRequests(pods []*Pod, _ string, _ ResourceName) (map[string]int64, error) {
	requests := map[string]int64{}
	for _, pod := range pods {
		requests[pod.Name] = pod.Request
	}
	return requests, nil
}

type (
	HPAScalingPolicy struct {
		Type                 string
		Value, PeriodSeconds int32
	}
	HPAScalingRules struct {
		StabilizationWindowSeconds *int32
		SelectPolicy               *string
		Policies                   []HPAScalingPolicy
	}
	HorizontalPodAutoscalerBehavior struct{ ScaleUp, ScaleDown *HPAScalingRules }
	HorizontalPodAutoscaler         struct {
		Spec struct {
			MaxReplicas int32
			Behavior    *HorizontalPodAutoscalerBehavior
		}
	}
	HorizontalController struct {
		downscaleStabilisationWindow           time.Duration
		recommendations                        map[string][]timestampedRecommendation
		recommendationsLock                    sync.Mutex
		scaleUpEvents, scaleDownEvents         map[string][]timestampedScaleEvent
		scaleUpEventsLock, scaleDownEventsLock sync.RWMutex
	}
)

const (
	DisabledPolicySelect  = "Disabled"
	MinChangePolicySelect = "Min"
	PodsScalingPolicy     = "Pods"
	PercentScalingPolicy  = "Percent"
	AbleToScale           = "AbleToScale"
	ScalingLimited        = "ScalingLimited"
)

type condition struct{ status, reason string }

var conditions = map[string]condition{}

func setCondition(_ *HorizontalPodAutoscaler, kind string, status string, reason, _ string, _ ...interface{}) {
	conditions[kind] = condition{status, reason}
}

type podCase struct {
	Name, Phase      string
	Ready, Deleted   bool
	Request          int64
	Started, Changed *float64
	Sampled, Window  float64
}

type calculatorCase struct {
	Kind        string
	Pods        []podCase
	Metrics     map[string]int64
	Target, Sum int64
	Current     int32
	Cpu         bool
	Now         float64
}

type step struct {
	Time    float64
	Desired int32
}

type behaviorCase struct {
	Steps           []step
	Min, Max, Start int32
	Behavior        *HorizontalPodAutoscalerBehavior
}

// nil: the metric is not to be had.
func calculate(c *calculatorCase) any {
	now = c.Now
	pods, metrics := []*Pod{}, PodMetricsInfo{}
	known := map[string]podCase{}
	for _, each := range c.Pods {
		pod := &Pod{Name: each.Name, Request: each.Request}
		pod.Status.Phase = PodPhase(each.Phase)
		if each.Deleted {
			pod.DeletionTimestamp = &Time{clock()}
		}
		pod.Status.Ready = &PodCondition{Status: ConditionFalse}
		if each.Ready {
			pod.Status.Ready.Status = ConditionTrue
		}
		if each.Changed != nil {
			pod.Status.Ready.LastTransitionTime = Time{at(*each.Changed)}
		} else if c.Cpu {
			pod.Status.Ready = nil
		}
		if each.Started != nil {
			pod.Status.StartTime = &Time{at(*each.Started)}
		}
		known[each.Name] = each
		pods = append(pods, pod)
	}
	for name, value := range c.Metrics {
		metric := PodMetric{Value: value}
		if each, ok := known[name]; ok {
			metric.Timestamp, metric.Window = at(each.Sampled), time.Duration(each.Window*1e9)
		}
		metrics[name] = metric
	}
	calculator := &ReplicaCalculator{lister{pods}, metricsClient{metrics, c.Sum}, 5 * time.Minute, 30 * time.Second}
	tolerances := Tolerances{0.1, 0.1}
	resource := ResourceName("")
	if c.Cpu {
		resource = ResourceCPU
	}
	var replicas int32
	var usage int64
	var err error
	switch c.Kind {
	case "plain":
		replicas, usage, err = calculator.calcPlainMetricReplicas(metrics, c.Current, c.Target, tolerances, "", Selector{}, resource)
	case "utilization":
		var percent int32
		replicas, percent, _, _, err = calculator.GetResourceReplicas(
			context.Background(), c.Current, int32(c.Target), resource, tolerances, "", Selector{}, "")
		usage = int64(percent)
	case "value":
		replicas, _, err = calculator.getUsageRatioReplicaCount(c.Current, float64(c.Sum)/float64(c.Target), tolerances, "", Selector{})
		usage = c.Sum
	case "per pod":
		replicas, usage, _, err = calculator.GetExternalPerPodMetricReplicas(c.Current, c.Target, "", tolerances, "", nil)
	}
	if err != nil {
		return nil
	}
	return []int64{int64(replicas), usage}
}

func behave(c *behaviorCase) any {
	controller := &HorizontalController{
		downscaleStabilisationWindow: 5 * time.Minute,
		recommendations:              map[string][]timestampedRecommendation{},
		scaleUpEvents:                map[string][]timestampedScaleEvent{},
		scaleDownEvents:              map[string][]timestampedScaleEvent{},
	}
	hpa := &HorizontalPodAutoscaler{}
	hpa.Spec.MaxReplicas, hpa.Spec.Behavior = c.Max, c.Behavior
	current, answers := c.Start, []any{}
	for index, each := range c.Steps {
		now = each.Time
		if index == 0 {
			controller.recordInitialRecommendation(current, "k")
		}
		var desired int32
		if c.Behavior == nil {
			desired = controller.normalizeDesiredReplicas(hpa, "k", current, each.Desired, c.Min)
		} else {
			desired = controller.normalizeDesiredReplicasWithBehaviors(hpa, "k", current, each.Desired, c.Min)
		}
		if desired != current {
			controller.storeScaleEvent(hpa.Spec.Behavior, "k", current, desired)
		}
		limited := ""
		if conditions[ScalingLimited].status == ConditionTrue {
			limited = conditions[ScalingLimited].reason
		}
		answers = append(answers, []any{desired, conditions[AbleToScale].reason, limited})
		current = desired
	}
	return answers
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	answers := json.NewEncoder(output)
	for lines.Scan() {
		var line struct {
			Calculator *calculatorCase
			Behavior   *behaviorCase
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			panic(err)
		}
		if line.Calculator != nil {
			answers.Encode(calculate(line.Calculator))
		} else {
			answers.Encode(behave(line.Behavior))
		}
	}
}
