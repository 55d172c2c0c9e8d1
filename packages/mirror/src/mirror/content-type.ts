import { lookup } from 'mrmime'

// Types that mrmime does not know, or that browsers refuse.
const TYPES: Record<string, string> = {
  '7z': 'application/x-7z-compressed',
  apk: 'application/vnd.android.package-archive',
  avif: 'image/avif',
  bib: 'text/plain',
  br: 'application/octet-stream',
  c: 'text/plain',
  cc: 'text/plain',
  cjs: 'text/javascript',
  conf: 'text/plain',
  cpp: 'text/plain',
  cur: 'image/x-icon',
  diff: 'text/plain',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  eot: 'application/vnd.ms-fontobject',
  flac: 'audio/flac',
  geojson: 'application/geo+json',
  glb: 'model/gltf-binary',
  gltf: 'model/gltf+json',
  go: 'text/plain',
  gpx: 'application/gpx+xml',
  h: 'text/plain',
  hpp: 'text/plain',
  ico: 'image/x-icon',
  ini: 'text/plain',
  ipynb: 'application/x-ipynb+json',
  java: 'text/plain',
  jfif: 'image/jpeg',
  jsonc: 'application/json',
  jsonl: 'application/jsonl',
  jxl: 'image/jxl',
  kml: 'application/vnd.google-earth.kml+xml',
  kmz: 'application/vnd.google-earth.kmz',
  kt: 'text/plain',
  log: 'text/plain',
  lua: 'text/plain',
  m3u8: 'application/vnd.apple.mpegurl',
  m4v: 'video/mp4',
  mkv: 'video/matroska',
  mobi: 'application/x-mobipocket-ebook',
  mpd: 'application/dash+xml',
  ndjson: 'application/x-ndjson',
  obj: 'model/obj',
  odp: 'application/vnd.oasis.opendocument.presentation',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  odt: 'application/vnd.oasis.opendocument.text',
  opml: 'text/x-opml',
  parquet: 'application/vnd.apache.parquet',
  patch: 'text/plain',
  pl: 'text/plain',
  pmtiles: 'application/vnd.pmtiles',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  py: 'text/plain',
  r: 'text/plain',
  rb: 'text/plain',
  rs: 'text/plain',
  sh: 'text/plain',
  sql: 'text/plain',
  sqlite: 'application/vnd.sqlite3',
  srt: 'text/plain',
  stl: 'model/stl',
  tar: 'application/x-tar',
  tex: 'text/plain',
  topojson: 'application/json',
  torrent: 'application/x-bittorrent',
  tsx: 'text/plain',
  usdz: 'model/vnd.usdz+zip',
  vcf: 'text/vcard',
  wasm: 'application/wasm',
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
