// Verifies leaves with Go's crypto/tls: reads `port host` lines, handshakes with 127.0.0.1:port as if it were host.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
)

func main() {
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		port, host, _ := strings.Cut(lines.Text(), " ")
		connection, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{RootCAs: roots, ServerName: host})
		if err != nil {
			fmt.Println(err)
			continue
		}
		connection.Close()
		fmt.Println("ok")
	}
}
