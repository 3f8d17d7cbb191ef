module doclayout/tools/crds

go 1.22.0

// Nothing is built of these: tests/cluster/crds.py reads definitions of kinds in their folders.
require (
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.2.1
)
