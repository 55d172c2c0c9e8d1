import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

interface DialogProps {
  title: string
  onClose: () => void
  children: ComponentChildren
}

/** Something that is to be answered before anything else; Escape leaves it. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const place = useRef<HTMLDialogElement>(null)
  /** Whoever took it away knows that it is closed. */
  const isGone = useRef(false)
  // At once: whoever presses the next key means the dialog.
  useLayoutEffect(() => {
    const dialog = place.current
    dialog?.showModal()
    return () => {
      isGone.current = true
      dialog?.close()
    }
  }, [])
  return (
    <dialog
      ref={place}
      aria-labelledby="dialog-title"
      onClose={() => isGone.current || onClose()}
      onClick={(event) => event.target === place.current && onClose()}
    >
      <div class="dialog">
        {/* No landmarks: those of the page behind are there as well. */}
        <div class="dialog-top">
          <h2 id="dialog-title">{title}</h2>
          <button type="button" class="button quiet icon" onClick={onClose} aria-label="Close">
            ×
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}

/** The last row of a dialog. */
export function DialogButtons({ children }: { children: ComponentChildren }) {
  return <div class="buttons">{children}</div>
}
