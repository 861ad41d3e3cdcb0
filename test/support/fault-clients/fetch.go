// Fetches each URL of standard input's lines (JSON: url, ca, timeout, http2) through the proxy on port os.Args[1], and says how it
// went, a JSON line each.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"
)

type task struct {
	Url     string
	Ca      string
	Timeout float64
	Http2   bool
}

type outcome struct {
	Ok     int    `json:"ok,omitempty"`
	Error  string `json:"error,omitempty"`
	Detail string `json:"detail,omitempty"`
	Octets int64  `json:"octets"`
}

func fetch(asked task, proxy *url.URL) outcome {
	pem, _ := os.ReadFile(asked.Ca)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{
		Proxy:             http.ProxyURL(proxy),
		TLSClientConfig:   &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: asked.Http2,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: time.Duration(asked.Timeout * float64(time.Second))}
	response, err := client.Get(asked.Url)
	if err != nil {
		return failed(err, 0)
	}
	defer response.Body.Close()
	octets, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		return failed(err, octets)
	}
	return outcome{Ok: response.StatusCode, Octets: octets}
}

// The kind of a failure, as a program would tell it.
func failed(err error, octets int64) outcome {
	var timeout net.Error
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var verification *tls.CertificateVerificationError
	kind := "other"
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		kind = "timeout"
	case errors.As(err, &verification):
		kind = fmt.Sprintf("%T", verification.Err)
	case errors.As(err, &alert):
		kind = "alert"
	case errors.As(err, &record):
		kind = "tls.RecordHeaderError"
	case errors.Is(err, syscall.ECONNRESET):
		kind = "ECONNRESET"
	case errors.Is(err, io.ErrUnexpectedEOF):
		kind = "io.ErrUnexpectedEOF"
	case errors.Is(err, io.EOF):
		kind = "io.EOF"
	}
	return outcome{Error: kind, Detail: err.Error(), Octets: octets}
}

func main() {
	proxy, _ := url.Parse("http://127.0.0.1:" + os.Args[1])
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked task
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		told, _ := json.Marshal(fetch(asked, proxy))
		fmt.Println(string(told))
	}
}
