import { lookup } from 'mrmime'

// Types that mrmime does not know, or that browsers refuse.
const TYPES: Record<string, string> = {
  '7z': 'application/x-7z-compressed',
  apk: 'application/vnd.android.package-archive',
  bib: 'text/plain',
  br: 'application/octet-stream',
  cjs: 'text/javascript',
  cur: 'image/x-icon',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  eot: 'application/vnd.ms-fontobject',
  flac: 'audio/flac',
  ico: 'image/x-icon',
  ipynb: 'application/x-ipynb+json',
  jfif: 'image/jpeg',
  jsonc: 'application/json',
  jsonl: 'application/jsonl',
  m3u8: 'application/vnd.apple.mpegurl',
  m4v: 'video/mp4',
  mkv: 'video/matroska',
  mobi: 'application/x-mobipocket-ebook',
  ndjson: 'application/x-ndjson',
  odp: 'application/vnd.oasis.opendocument.presentation',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odt: 'application/vnd.oasis.opendocument.text',
  opml: 'text/x-opml',
  parquet: 'application/vnd.apache.parquet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  py: 'text/plain',
  sh: 'text/plain',
  sqlite: 'application/vnd.sqlite3',
  srt: 'text/plain',
  tar: 'application/x-tar',
  tex: 'text/plain',
  topojson: 'application/json',
  torrent: 'application/x-bittorrent',
  tsx: 'text/plain',
  usdz: 'model/vnd.usdz+zip',
  vcf: 'text/vcard',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  // No charset: it would override the encoding that an XML document names in its first line.
  xml: 'application/xml',
  zst: 'application/zstd'
}

/** The Content-Type of a path, from its extension; text gets the charset UTF-8. */
export function contentType(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const dot = name.lastIndexOf('.')
  if (dot === -1) return 'application/octet-stream'
  const extension = name.slice(dot + 1)
  const type: unknown = Object.hasOwn(TYPES, extension) ? TYPES[extension] : lookup(name)
  // mrmime uses a plain object: for `x.constructor` it returns a function.
  if (typeof type !== 'string') return 'application/octet-stream'
  return isText(type) ? `${type}; charset=utf-8` : type
}

function isText(type: string): boolean {
  return type.startsWith('text/') || /^application\/(.+\+)?json$/.test(type)
}
