// A minimal intercepting proxy on goproxy, as a peer of the benchmarks: every CONNECT is intercepted, nothing is changed.
//
// argv: CA certificate, CA key, PEM roots trusted of origins, `h2` where HTTP/2 is wanted. Prints its port on standard output.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"

	"github.com/elazarl/goproxy"
)

// certificates is the cache that goproxy's documentation asks for in production.
type certificates struct{ byHost sync.Map }

func (c *certificates) Fetch(host string, make func() (*tls.Certificate, error)) (*tls.Certificate, error) {
	if kept, ok := c.byHost.Load(host); ok {
		return kept.(*tls.Certificate), nil
	}
	certificate, err := make()
	if err == nil {
		c.byHost.Store(host, certificate)
	}
	return certificate, err
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func main() {
	ca := must(tls.LoadX509KeyPair(os.Args[1], os.Args[2]))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(os.Args[3])))
	http2 := len(os.Args) > 4 && os.Args[4] == "h2"

	proxy := goproxy.NewProxyHttpServer()
	proxy.CertStore = &certificates{}
	proxy.KeepAcceptEncoding = true
	proxy.AllowHTTP2 = http2
	// net/http keeps two idle connections per host unless told otherwise, and then opens new ones under load.
	proxy.Tr = &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots},
		MaxIdleConnsPerHost: 4096,
		DisableCompression:  true,
		ForceAttemptHTTP2:   http2,
	}
	mitm := &goproxy.ConnectAction{Action: goproxy.ConnectMitm, TLSConfig: goproxy.TLSConfigFromCA(&ca)}
	proxy.OnRequest().HandleConnectFunc(func(host string, _ *goproxy.ProxyCtx) (*goproxy.ConnectAction, string) {
		return mitm, host
	})
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	must(0, http.Serve(listener, proxy))
}
