import path from 'node:path'

/** What a person can do where only they know when the last file is written. */
export function linePublishing(dir: string): string {
  return `Publish when all is there, by this line among the \`scripts\` of package.json: "postbuild": "sitedrive publish ${dir}"`
}

/** True when `inner` is `outer` or lies in it. */
export function isInside(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner)
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
}
