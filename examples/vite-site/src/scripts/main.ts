import '../styles/site.css'
import { drawWall } from './wall.ts'

const wall = document.querySelector<SVGSVGElement>('[data-wall]')
const button = document.querySelector<HTMLButtonElement>('[data-again]')

if (wall && button) {
  const { width, height } = wall.viewBox.baseVal
  let seed = Number(wall.dataset['wall'])
  button.hidden = false
  button.addEventListener('click', () => {
    wall.innerHTML = drawWall(width, height, ++seed)
    wall.classList.add('is-laid')
  })
}

// Readers can take the address with them, wherever they see the page.
const { SITEDRIVE_URL } = import.meta.env
const copy = document.querySelector<HTMLButtonElement>('[data-copy]')
if (copy && SITEDRIVE_URL && navigator.clipboard) {
  copy.hidden = false
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(SITEDRIVE_URL)
    copy.textContent = 'Copied'
  })
}
