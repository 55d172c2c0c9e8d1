import { useState } from 'preact/hooks'
import type { FileChange, PageChange, ReviewAnswer } from '../api.js'
import { isPage } from './items.js'

interface RenderedProps {
  change: PageChange | FileChange
  review: ReviewAnswer
  isImage: boolean
}

/** A page or a picture: as it was released, and as it is now. */
export function Rendered({ change, review, isImage }: RenderedProps) {
  const { now, last } = review
  const path = isPage(change) ? change.url : encodedPath(change.path)
  const sides = [
    change.op !== 'add' && last && { id: 'last', title: `Release ${last.release}`, url: last.frame + path },
    // The id makes the frame reload when the state behind the same address changes.
    change.op !== 'remove' && now && { id: `now ${now.id}`, title: 'Now', url: now.frame + path }
  ].filter((side) => typeof side === 'object' && side !== null)
  return (
    <div class={`sides${sides.length === 1 ? ' single' : ''}`}>
      {sides.map(({ id, title, url }) => (
        <figure key={id}>
          <figcaption>{title}</figcaption>
          {isImage ? (
            <Picture url={url} label={`${change.path}, ${title}`} />
          ) : (
            <iframe
              sandbox="allow-scripts"
              src={url}
              title={`${change.path}, ${title}`}
              referrerpolicy="no-referrer"
            />
          )}
        </figure>
      ))}
    </div>
  )
}

function Picture({ url, label }: { url: string; label: string }) {
  const [size, setSize] = useState('')
  return (
    <>
      <div class="picture">
        <img
          src={url}
          alt={label}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            setSize(`${naturalWidth} × ${naturalHeight}`)
          }
        />
      </div>
      {size !== '' && <p class="quiet-note">{size}</p>}
    </>
  )
}

function encodedPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
