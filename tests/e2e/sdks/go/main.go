// A program with the Go SDK: works for some seconds, pushing every second to $SERVER, then stops the SDK properly.
package main

import (
	"context"
	"math"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/grafana/pyroscope-go"
)

var kept [][]byte

func main() {
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	profiler, err := pyroscope.Start(pyroscope.Config{
		ApplicationName:   "go.app",
		ServerAddress:     os.Getenv("SERVER"),
		Tags:              map[string]string{"region": "eu"},
		TenantID:          "team",
		BasicAuthUser:     "user",
		BasicAuthPassword: "password",
		UploadRate:        time.Second,
		ProfileTypes: []pyroscope.ProfileType{
			pyroscope.ProfileCPU,
			pyroscope.ProfileInuseObjects,
			pyroscope.ProfileAllocObjects,
			pyroscope.ProfileInuseSpace,
			pyroscope.ProfileAllocSpace,
			pyroscope.ProfileGoroutines,
			pyroscope.ProfileMutexCount,
			pyroscope.ProfileMutexDuration,
			pyroscope.ProfileBlockCount,
			pyroscope.ProfileBlockDuration,
		},
	})
	if err != nil {
		panic(err)
	}
	var lock sync.Mutex
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			pyroscope.TagWrapper(context.Background(), pyroscope.Labels("controller", "hot"), func(context.Context) {
				for end := time.Now().Add(2500 * time.Millisecond); time.Now().Before(end); {
					lock.Lock()
					burn()
					lock.Unlock()
				}
			})
		})
	}
	workers.Wait()
	if err := profiler.Stop(); err != nil {
		panic(err)
	}
}

//go:noinline
func burn() {
	sum := 0.0
	for i := range 1_000_000 {
		sum += math.Sqrt(float64(i))
	}
	kept = append(kept, make([]byte, 10_000+int(sum)%2))
}
