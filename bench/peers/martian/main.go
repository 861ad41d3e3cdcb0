// A minimal intercepting proxy on martian, as a peer of the benchmarks: every CONNECT is intercepted, nothing is changed.
//
// argv: CA certificate, CA key, PEM roots trusted of origins. Prints its port on standard output.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/google/martian/v3"
	"github.com/google/martian/v3/log"
	"github.com/google/martian/v3/mitm"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func main() {
	log.SetLevel(log.Silent)
	ca := must(tls.LoadX509KeyPair(os.Args[1], os.Args[2]))
	authority := must(x509.ParseCertificate(ca.Certificate[0]))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(os.Args[3])))

	proxy := martian.NewProxy()
	defer proxy.Close()
	proxy.SetMITM(must(mitm.NewConfig(authority, ca.PrivateKey)))
	// net/http keeps two idle connections per host unless told otherwise, and then opens new ones under load.
	proxy.SetRoundTripper(&http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots},
		MaxIdleConnsPerHost: 4096,
		DisableCompression:  true,
	})
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	must(0, proxy.Serve(listener))
}
