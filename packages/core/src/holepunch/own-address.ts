import os from 'node:os'

/** Whether an IP address is one of this machine. */
export function isOwnAddress(host: string | null | undefined): boolean {
  if (!host) return false
  const address = host.replace(/^::ffff:/i, '')
  if (address === '::1' || address.startsWith('127.')) return true
  return Object.values(os.networkInterfaces()).some((addresses) =>
    addresses?.some((own) => own.address === address)
  )
}
