/** Whether a file of a site is a page that readers open. */
export function isPage(path: string): boolean {
  return /\.x?html?$/i.test(path)
}

/** Where readers find a file: folders by their own address, everything else by its path. */
export function pageUrl(path: string): string {
  const plain = path.endsWith('/index.html') ? path.slice(0, -'index.html'.length) : path
  return plain.split('/').map(encodeURIComponent).join('/')
}
