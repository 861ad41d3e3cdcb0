/**
 * The HTML of the proxy page: self-contained, readable without styles, no scripts, light and dark.
 *
 * Data more than code: one entry per platform. Pure; no thread of its own.
 */

interface Recipe {
  readonly title: string
  /** Plain words before the commands; trusted HTML of our own. */
  readonly words?: string
  readonly commands?: readonly string[]
}

/** The file that the commands name; in them `PROXY` stands for the address of the proxy. */
const CA_FILE = 'soth-mitm-ca.pem'
const CA_URL = 'http://soth.mitm/ca.pem'

const SYSTEMS: readonly Recipe[] = [
  {
    title: 'Debian, Ubuntu',
    commands: [`sudo cp ${CA_FILE} /usr/local/share/ca-certificates/soth-mitm-ca.crt`, 'sudo update-ca-certificates'],
  },
  {
    title: 'Fedora, RHEL',
    commands: [`sudo cp ${CA_FILE} /etc/pki/ca-trust/source/anchors/`, 'sudo update-ca-trust'],
  },
  {
    title: 'macOS',
    commands: [`sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${CA_FILE}`],
  },
  {
    title: 'Windows',
    words: 'In a terminal run as administrator:',
    commands: [`certutil -addstore -f Root ${CA_FILE}`],
  },
  {
    title: 'iOS, iPadOS',
    words:
      'Open <a href="/ca.crt">ca.crt</a> in Safari and allow the download. Install it under Settings › General › VPN &amp; Device Management, then switch it on under Settings › General › About › Certificate Trust Settings.',
  },
  {
    title: 'Android',
    words:
      'Download <a href="/ca.crt">ca.crt</a>, then Settings › Security › Encryption &amp; credentials › Install a certificate › CA certificate. Browsers trust it; apps only if their network security configuration admits user certificates.',
  },
]

const PROGRAMS: readonly Recipe[] = [
  {
    title: 'Firefox',
    words:
      'Settings › Privacy &amp; Security › View Certificates › Authorities › Import, choose <a href="/ca.crt">ca.crt</a>, and trust it to identify websites.',
  },
  { title: 'curl', commands: [`curl -x http://PROXY --cacert ${CA_FILE} https://example.com/`] },
  { title: 'git', commands: ['git config --global http.proxy http://PROXY', `git config --global http.sslCAInfo "$PWD/${CA_FILE}"`] },
  {
    title: 'Node.js',
    words: 'Node 24 and later take the proxy from the environment; SDKs on older versions need a proxy agent.',
    commands: [`export NODE_EXTRA_CA_CERTS="$PWD/${CA_FILE}"`, 'export NODE_USE_ENV_PROXY=1 HTTPS_PROXY=http://PROXY'],
  },
  {
    title: 'npm',
    commands: ['npm config set proxy http://PROXY', 'npm config set https-proxy http://PROXY', `npm config set cafile "$PWD/${CA_FILE}"`],
  },
  {
    title: 'Python',
    words: 'For requests, httpx, and all that reads the OpenSSL variables:',
    commands: [`export REQUESTS_CA_BUNDLE="$PWD/${CA_FILE}" SSL_CERT_FILE="$PWD/${CA_FILE}"`, 'export HTTPS_PROXY=http://PROXY'],
  },
  {
    title: 'Java',
    commands: [
      `keytool -importcert -noprompt -cacerts -storepass changeit -alias soth-mitm -file ${CA_FILE}`,
      'java -Dhttps.proxyHost=PROXY_HOST -Dhttps.proxyPort=PROXY_PORT …',
    ],
  },
]

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --accent: light-dark(#0b5cad, #7db8f5) }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { font-size: 1.5rem; margin: 0 }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem }
p { margin: .4rem 0 }
a { color: var(--accent) }
nav { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0 }
nav a { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .9rem; text-decoration: none; font-weight: 600 }
nav a:focus-visible, nav a:hover { border-color: currentColor }
pre, .fingerprint { font: .85rem/1.6 ui-monospace, monospace; border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .8rem; overflow-x: auto }
.fingerprint { overflow-wrap: anywhere; display: block }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1rem; font-size: .9rem }
`

/** The page. `proxyAddress` is `host:port`, and the only value that comes from the configuration. */
export function proxyPageHtml(fingerprint: string, proxyAddress: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>soth-mitm: trust this proxy</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>soth-mitm</h1>
<p>You are connected through this proxy. To let it read TLS traffic of this device, trust its certificate authority.</p>
</header>
<main>
<nav aria-label="Downloads"><a href="/ca.pem">ca.pem</a><a href="/ca.crt">ca.crt (DER)</a></nav>
<p>SHA-256 fingerprint; compare it with what the proxy printed when it started:</p>
<code class="fingerprint">${escapeHtml(fingerprint)}</code>
<h2>From a terminal</h2>
<p>Fetch the certificate; the commands below use the file.</p>
<pre>${escapeHtml(`curl -x http://${proxyAddress} -o ${CA_FILE} ${CA_URL}`)}</pre>
<h2>Systems</h2>
${SYSTEMS.map((recipe) => section(recipe, proxyAddress)).join('\n')}
<h2>Programs with their own trust</h2>
${PROGRAMS.map((recipe) => section(recipe, proxyAddress)).join('\n')}
</main>
<footer>Whoever holds the key of this authority can read the traffic of devices that trust it. Remove it when you are done.</footer>
</body>
</html>
`
}

function section(recipe: Recipe, proxyAddress: string): string {
  const words = recipe.words === undefined ? '' : `\n<p>${recipe.words}</p>`
  const commands = recipe.commands === undefined ? '' : `\n<pre>${escapeHtml(withProxy(recipe.commands.join('\n'), proxyAddress))}</pre>`
  return `<section>\n<h3>${escapeHtml(recipe.title)}</h3>${words}${commands}\n</section>`
}

function withProxy(text: string, proxyAddress: string): string {
  const colon = proxyAddress.lastIndexOf(':')
  return text
    .replaceAll('PROXY_HOST', proxyAddress.slice(0, colon))
    .replaceAll('PROXY_PORT', proxyAddress.slice(colon + 1))
    .replaceAll('//PROXY', `//${proxyAddress}`)
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
