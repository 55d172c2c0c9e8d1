import { execFileSync } from 'node:child_process'
import path from 'node:path'

/** Makes a certificate of nobody. @returns its files */
export function certificate(dir) {
  const [certFile, keyFile] = [path.join(dir, 'cert.pem'), path.join(dir, 'key.pem')]
  const kind = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost'
  const files = ['-keyout', keyFile, '-out', certFile]
  execFileSync('openssl', [...kind.split(' '), ...files], { stdio: 'ignore' })
  return { certFile, keyFile }
}
