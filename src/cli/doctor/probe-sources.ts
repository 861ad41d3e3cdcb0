/**
 * The programs that `doctor` runs in clients that are languages: one HTTPS request through the proxy, with default trust. Text.
 */

export const PYTHON_SSL_PROBE = `
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=10).status)
`

export const PYTHON_REQUESTS_PROBE = `
import sys, requests
print(requests.get(sys.argv[1], timeout=10).status_code)
`

/** CONNECT by hand: Node before 22.21 takes no proxy from the environment. */
export const NODE_PROBE = `
const [proxyHost, proxyPort, host, port] = process.argv.slice(1)
const authority = host + ':' + port
const fail = (error) => { console.error(error.message); process.exit(1) }
require('node:http')
  .request({ host: proxyHost, port: proxyPort, method: 'CONNECT', path: authority, headers: { host: authority } })
  .once('connect', (_, socket) => {
    require('node:https')
      .get({ host, port, socket, servername: host, agent: false }, (response) => {
        console.log(response.statusCode)
        response.resume()
      })
      .once('error', fail)
  })
  .once('error', fail)
  .end()
`

/** A proxy of its own: Java's default exceptions leave out localhost. */
export const JAVA_PROBE = `
import java.net.*;

public class Probe {
  public static void main(String[] words) throws Exception {
    Proxy proxy = new Proxy(Proxy.Type.HTTP, new InetSocketAddress(words[0], Integer.parseInt(words[1])));
    URL url = new URL("https://" + words[2] + ":" + words[3] + "/");
    HttpURLConnection connection = (HttpURLConnection) url.openConnection(proxy);
    connection.setConnectTimeout(10000);
    connection.setReadTimeout(10000);
    System.out.println(connection.getResponseCode());
  }
}
`

/** A proxy of its own: http.ProxyFromEnvironment leaves out localhost. */
export const GO_PROBE = `
package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

func main() {
	proxy := &url.URL{Scheme: "http", Host: net.JoinHostPort(os.Args[1], os.Args[2])}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	response, err := client.Get("https://" + net.JoinHostPort(os.Args[3], os.Args[4]) + "/")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(response.StatusCode)
}
`
