import { lookup } from 'mrmime'

// What mrmime does not know, or knows by a name that browsers refuse.
const TYPES: Record<string, string> = {
  cjs: 'text/javascript',
  flac: 'audio/flac',
  ico: 'image/x-icon',
  jsonl: 'application/jsonl',
  m4v: 'video/mp4',
  // A document says its own encoding in its first line, which a charset here would override.
  xml: 'application/xml'
}

/** The Content-Type of a path, by its extension; all text is UTF-8. */
export function contentType(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const dot = name.lastIndexOf('.')
  if (dot === -1) return 'application/octet-stream'
  const extension = name.slice(dot + 1)
  const type: unknown = Object.hasOwn(TYPES, extension) ? TYPES[extension] : lookup(name)
  // mrmime looks its answers up in a plain object: `x.constructor` is a function.
  if (typeof type !== 'string') return 'application/octet-stream'
  return isText(type) ? `${type}; charset=utf-8` : type
}

function isText(type: string): boolean {
  return type.startsWith('text/') || /^application\/(.+\+)?json$/.test(type)
}
