/** Whether a file of a site is a page that readers open. */
export function isPage(path: string): boolean {
  return /\.x?html?$/i.test(path)
}

/** The address of a file on the site: the folder's address for an `index.html`, else the path. */
export function pageUrl(path: string): string {
  const plain = path.endsWith('/index.html') ? path.slice(0, -'index.html'.length) : path
  return plain.split('/').map(encodeURIComponent).join('/')
}
