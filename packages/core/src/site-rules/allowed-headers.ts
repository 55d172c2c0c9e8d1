/**
 * Headers that a site may set by its `_headers` file.
 *
 * Headers with an effect beyond the site's origin or this response are not in the list: cookies of a parent domain
 * (`set-cookie`), rules for a whole host (`strict-transport-security`, `alt-svc`, `clear-site-data`, `nel`, `report-to`),
 * and headers about the message or the connection (`content-length`, `content-encoding`, `transfer-encoding`,
 * `connection`, `upgrade`, `trailer`, `te`, `keep-alive`, `proxy-*`). `x-frame-options` is not in the list either: a site
 * can use the directive `frame-ancestors` of a content security policy, which means the same.
 */
const ALLOWED = new Set([
  'cache-control',
  'content-disposition',
  'content-language',
  'content-security-policy',
  'content-security-policy-report-only',
  'content-type',
  'cross-origin-embedder-policy',
  'cross-origin-embedder-policy-report-only',
  'cross-origin-opener-policy',
  'cross-origin-opener-policy-report-only',
  'cross-origin-resource-policy',
  'link',
  'origin-agent-cluster',
  'permissions-policy',
  'referrer-policy',
  'service-worker-allowed',
  'sourcemap',
  'timing-allow-origin'
])

/** Custom headers that a proxy in front of this server may obey, or that this server sets itself. */
const OBEYED =
  /^x-(accel|sendfile|lighttpd|litespeed|reproxy|frame-options$|content-type-options$|forwarded|real-ip|original|rewrite|http-method|http-host|host$|proxy|envoy|varnish|cache|served|amz|goog|vercel|nf-|cf-|middleware|ec-|arr-)/

/** @param name lower case */
export function mayBeSet(name: string): boolean {
  if (ALLOWED.has(name) || /^access-control-(allow|expose|max)-[a-z-]+$/.test(name)) return true
  return /^x-[a-z0-9][a-z0-9_-]{0,60}$/.test(name) && !OBEYED.test(name)
}
