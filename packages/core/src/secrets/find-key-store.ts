import type { Report } from './secret-types.js'

/** Reports files that hold private keys as bytes. @param path in the drive */
export function findKeyStore(path: string, bytes: Buffer, report: Report): void {
  const what = keyStore(/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '', bytes)
  if (what !== null) report({ rule: 'key-store', what, at: 0, value: bytes.toString('latin1') })
}

function keyStore(ending: string, bytes: Buffer): string | null {
  if (bytes.length < 40) return null
  const [first = 0, second = 0] = bytes
  if (bytes.readUInt32BE(0) === 0xfeedfeed) return 'a Java key store'
  if (bytes.readUInt32BE(0) === 0x03d9a29a) return 'a KeePass database'
  if (first !== 0x30 || second < 0x80) return null
  // RFC 7292, RFC 5208 and RFC 8017: each structure begins with its version.
  const version = bytes.subarray(2 + (second & 0x7f), 5 + (second & 0x7f)).toString('hex')
  if (version === '020103' && ['p12', 'pfx', 'jks', 'keystore'].includes(ending))
    return 'a key store (PKCS #12)'
  const isKeyFile = ['key', 'der', 'pk8', 'p8', 'pem'].includes(ending)
  return isKeyFile && (version === '020100' || version === '020101') ? 'a private key' : null
}

/** Whether a file of this name may hold binary keys, so that it is searched although it is not text. */
export function mayBeKeyStore(path: string): boolean {
  return /\.(?:p12|pfx|jks|keystore|bks|kdbx|key|der|pk8|p8|pem)$/i.test(path)
}
