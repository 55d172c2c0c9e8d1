import type { Session } from '@sitedrive/terminal'

/** Prints the addresses of a preview that is open to the local network, with a QR code on a terminal. */
export async function printLanAddresses({ screen, env }: Session, lanUrls: readonly string[]): Promise<void> {
  const [first] = lanUrls
  if (first === undefined) {
    screen.warn(
      'This machine is in no local network, so no other machine can open the preview. Start again when it is.'
    )
    return
  }
  screen.print('Open to other machines of the local network, for whoever has the token in the address:')
  for (const url of lanUrls) screen.print(url)
  if (!screen.isTerminal || screen.isJson || env['TERM'] === 'dumb') return
  const { qrCode } = await import('@sitedrive/terminal/qr-code')
  for (const line of qrCode(first, screen.columns)) screen.print(line)
}
