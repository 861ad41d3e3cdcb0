import java.net.*;
import java.net.http.*;
import javax.net.ssl.*;

/**
 * GET arguments[1] through the proxy on port arguments[0]; arguments[2] is the protocol version, arguments[3] the API: `client`
 * (java.net.http) or `sockets` (HttpsURLConnection). Trusts the JDK's roots.
 */
class Reject {
  public static void main(String[] arguments) throws Exception {
    InetSocketAddress proxy = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
    URI target = URI.create(arguments[1]);
    if (arguments[3].equals("sockets")) {
      System.setProperty("https.protocols", arguments[2]);
      target.toURL().openConnection(new Proxy(Proxy.Type.HTTP, proxy)).getInputStream().readAllBytes();
      return;
    }
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(new String[] {arguments[2]});
    HttpClient client = HttpClient.newBuilder().proxy(ProxySelector.of(proxy)).sslParameters(parameters)
        .version(HttpClient.Version.HTTP_1_1).build();
    client.send(HttpRequest.newBuilder(target).build(), HttpResponse.BodyHandlers.discarding());
  }
}
