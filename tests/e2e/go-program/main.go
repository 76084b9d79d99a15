// A program with the standard pprof endpoints that keeps a CPU busy in one function, allocates in another and contends for a lock, while goroutines come and go.
package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"sync"
	"time"
)

var (
	retained [][]byte
	mutex    sync.Mutex
)

//go:noinline
func burnCPU() uint64 {
	var sum uint64
	for i := uint64(0); i < 20_000_000; i++ {
		sum += i * i
	}
	return sum
}

//go:noinline
func allocate() {
	for i := 0; i < 64; i++ {
		retained = append(retained, make([]byte, 64<<10))
	}
	if len(retained) > 512 {
		retained = nil
	}
}

//go:noinline
func contend() {
	mutex.Lock()
	time.Sleep(time.Millisecond)
	mutex.Unlock()
}

var (
	churned []byte
	churns  sync.Mutex
)

// churn allocates under stacks of many depths.
//
//go:noinline
func churn(depth int) int {
	if depth > 0 {
		return churn(depth-1) + 1
	}
	churns.Lock()
	defer churns.Unlock()
	churned = make([]byte, 256<<10)
	return 0
}

func main() {
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		for {
			contend()
		}
	}()
	go func() {
		for {
			contend()
			burnCPU()
			allocate()
			time.Sleep(20 * time.Millisecond)
		}
	}()
	// Goroutines that come and go, each with another stack.
	go func() {
		for depth := 0; ; depth = (depth + 1) % 200 {
			go churn(depth)
			time.Sleep(2 * time.Millisecond)
		}
	}()
	panic(http.Serve(listener, nil))
}
