module doclayout/tools/keda

go 1.24.7

require github.com/kedacore/keda/v2 v2.18.1
replace github.com/chzyer/logex => github.com/chzyer/logex v1.2.1
replace github.com/google/cel-go => github.com/google/cel-go v0.22.0
replace github.com/prometheus/client_golang => github.com/prometheus/client_golang v1.23.0
replace github.com/prometheus/client_model => github.com/prometheus/client_model v0.6.2
replace github.com/prometheus/common => github.com/prometheus/common v0.62.0
replace github.com/prometheus/prometheus => github.com/prometheus/prometheus v0.304.2
replace k8s.io/api => k8s.io/api v0.33.5
replace k8s.io/apiextensions-apiserver => k8s.io/apiextensions-apiserver v0.33.5
replace k8s.io/apimachinery => k8s.io/apimachinery v0.33.5
replace k8s.io/apiserver => k8s.io/apiserver v0.33.5
replace k8s.io/client-go => k8s.io/client-go v0.33.5
replace k8s.io/code-generator => k8s.io/code-generator v0.33.5
replace k8s.io/component-base => k8s.io/component-base v0.33.5
replace k8s.io/gengo/v2 => k8s.io/gengo/v2 v2.0.0-20250903151518-081d64401ab4
replace k8s.io/kube-openapi => k8s.io/kube-openapi v0.0.0-20250627150254-e9823e99808e
replace k8s.io/metrics => k8s.io/metrics v0.33.5
