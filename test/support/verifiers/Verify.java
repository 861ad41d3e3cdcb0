// Verifies leaves with Java's TLS and its HTTPS host check: reads `port host` lines, handshakes with 127.0.0.1:port as host.

import java.io.*;
import java.net.Socket;
import java.security.KeyStore;
import javax.net.ssl.*;

public class Verify {
  public static void main(String[] args) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    try (InputStream in = new FileInputStream(args[0])) {
      trusted.load(in, args[1].toCharArray());
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] parts = line.split(" ");
      try (Socket plain = new Socket("127.0.0.1", Integer.parseInt(parts[0]))) {
        SSLSocket secure = (SSLSocket) context.getSocketFactory().createSocket(plain, parts[1], 443, true);
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secure.setSSLParameters(parameters);
        secure.startHandshake();
        System.out.println("ok");
      } catch (IOException error) {
        System.out.println(error.getMessage());
      }
    }
  }
}
