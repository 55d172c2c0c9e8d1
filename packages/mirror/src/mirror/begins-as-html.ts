import type { BlobPointer } from '@sitedrive/core/drive'
import type { ReadableDrive } from '../copy/held-state.js'

/** So much of a file is looked at. Bytes. */
export const MAX_SNIFFED_BYTES = 512

/** Whether a file begins as a page of HTML does: with its doctype or its root element, after white space and comments. */
export async function beginsAsHtml(
  drive: Pick<ReadableDrive, 'stream'>,
  blob: BlobPointer,
  length: number
): Promise<boolean> {
  const chunks: Buffer[] = []
  for await (const chunk of drive.stream(blob, { start: 0, length })) chunks.push(chunk as Buffer)
  let text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()
  while (text.startsWith('<!--')) {
    const end = text.indexOf('-->')
    if (end === -1) return false
    text = text.slice(end + 3).trimStart()
  }
  return /^<(?:!doctype\s+html|html)[\s>]/i.test(text)
}
