/**
 * Trust targets: Android and iOS. Done on the device, or through a cable from here. Data; shown, never run.
 */

import type { TrustTarget } from '../trust-target.ts'

export const DEVICES: readonly TrustTarget[] = [
  {
    id: 'android',
    title: 'Android',
    family: 'device',
    detect: (machine) => machine.find('adb') !== undefined,
    words:
      'Two stores. The **user** store (Settings › Security & privacy › Encryption & credentials › Install a certificate › CA certificate, with the file from http://soth.mitm/ca.crt) is trusted by browsers, and by apps only if they say so: since Android 7 an app trusts user certificates where its network security configuration has `<certificates src="user" />`. The **system** store is trusted by all apps that do not pin; it takes PEM files named by the old OpenSSL subject hash and a writable system, which means root or an emulator image without Play Store. From Android 14 on it lives in the Conscrypt module (`/apex/com.android.conscrypt/cacerts`), which is read-only: the directory is mounted over, in the namespace of zygote.',
    install: ({ ca, hashName }) => [
      { kind: 'show', text: `adb push ${ca} /sdcard/Download/soth-mitm-ca.crt` },
      { kind: 'show', text: 'adb root && adb remount' },
      { kind: 'show', text: `adb push ${ca} /system/etc/security/cacerts/${hashName}` },
      { kind: 'show', text: `adb shell chmod 644 /system/etc/security/cacerts/${hashName}` },
      { kind: 'show', text: 'adb reboot' },
    ],
    uninstall: ({ hashName }) => [
      { kind: 'show', text: `adb root && adb remount && adb shell rm /system/etc/security/cacerts/${hashName}` },
      { kind: 'show', text: 'user store: Settings › Security & privacy › Encryption & credentials › User credentials' },
    ],
  },
  {
    id: 'ios',
    title: 'iOS, iPadOS',
    family: 'device',
    detect: (machine) => machine.find('xcrun') !== undefined,
    words:
      'Two steps, and the second is easily missed: open http://soth.mitm/ca.crt in Safari and install the profile under Settings › General › VPN & Device Management; then switch full trust on under Settings › General › About › Certificate Trust Settings. Apps that pin do not follow. A managed device gets the certificate as a payload of its profile, trusted at once.',
    install: ({ ca }) => [{ kind: 'show', text: `xcrun simctl keychain booted add-root-cert ${ca}` }],
    uninstall: () => [
      { kind: 'show', text: 'Settings › General › VPN & Device Management › soth-mitm › Remove Profile' },
      { kind: 'show', text: 'xcrun simctl keychain booted reset' },
    ],
  },
]
