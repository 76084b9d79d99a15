module yardsticks

go 1.26

require (
	github.com/google/pprof v0.0.0-20260604005048-7023385849c0
	github.com/prometheus/common v0.69.0
	github.com/prometheus/prometheus v0.313.2
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/grafana/regexp v0.0.0-20250905093917-f7b3be9d1853 // indirect
	github.com/prometheus/client_model v0.6.2 // indirect
	golang.org/x/text v0.39.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)
