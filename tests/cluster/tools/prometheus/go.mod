module doclayout/tools/prometheus

go 1.25.0

require github.com/prometheus/prometheus v0.311.3
replace cloud.google.com/go => cloud.google.com/go v0.123.0
replace github.com/go-openapi/testify/v2 => github.com/go-openapi/testify/v2 v2.0.2
