import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

interface DialogProps {
  title: string
  onClose: () => void
  children: ComponentChildren
}

/** A modal dialog; Escape closes it. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const place = useRef<HTMLDialogElement>(null)
  /** The dialog was removed by its parent, which needs no `onClose` then. */
  const isGone = useRef(false)
  // A layout effect, so that the next key press already goes to the dialog.
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
        {/* No landmark elements: those of the page behind are present too. */}
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
