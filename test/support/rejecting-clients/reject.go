// GETs os.Args[2] through the proxy on port os.Args[1]; os.Args[3] is the protocol version. Trusts the system's roots.
package main

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"os"
)

func main() {
	version := map[string]uint16{"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}[os.Args[3]]
	proxy, _ := url.Parse("http://127.0.0.1:" + os.Args[1])
	transport := &http.Transport{
		Proxy:           http.ProxyURL(proxy),
		TLSClientConfig: &tls.Config{MinVersion: version, MaxVersion: version},
	}
	if _, err := (&http.Client{Transport: transport}).Get(os.Args[2]); err != nil {
		os.Exit(1)
	}
}
