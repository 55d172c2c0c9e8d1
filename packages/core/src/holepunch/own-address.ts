import os from 'node:os'

/** Whether an IP address is one of this machine. */
export function isOwnAddress(host: string | null | undefined): boolean {
  if (!host) return false
  const address = plainAddress(host)
  if (isLoopback(address)) return true
  return Object.values(os.networkInterfaces()).some((addresses) =>
    addresses?.some((own) => own.address === address)
  )
}

/** An IPv4 address that stands in one of IPv6 as itself; others as they are. */
export function plainAddress(host: string): string {
  return host.replace(/^::ffff:/i, '')
}

/** @param address as `plainAddress` gives it */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
