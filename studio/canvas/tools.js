// The tools of the map pane. Each is started with a point in map pixels and what the hand holds down, and returns the
// drag that follows, {to(point), end(moved)}, or nothing where a click was all.
import { POSSIBLE, markersOf, groundOf } from "./cells.js";
import { boxTool } from "./boxes.js";

const CLOSE_PX = 8; // an outline closes by a click this near to its start, in CSS pixels

function inside(map, { x, y }) {
  return x >= 0 && y >= 0 && x < map.width && y < map.height;
}

function stroke(editor, start, { clear, possible }) {
  const operation = editor.operation(clear, possible);
  let last = start;
  editor.begin();
  editor.stroke(start, start, operation);
  return {
    to: point => { editor.stroke(last, point, operation); last = point; },
    end: () => editor.end(),
  };
}

// The first superpixel decides whether the drag paints or clears.
function superpixels(editor, start, { clear, possible }) {
  const { label, certainty } = editor.tool, cells = editor.superpixels, wanted = possible ? POSSIBLE : certainty;
  let last = cells.at(start.x, start.y);
  const off = clear || (last !== null && cells.mostlyBears(editor.map.cells, last, label, wanted));
  const operation = editor.operation(off, possible);
  editor.begin();
  if (last !== null) editor.paintSuperpixel(last, operation);
  return {
    to: point => {
      const id = cells.at(point.x, point.y);
      if (id !== null && id !== last) editor.paintSuperpixel(id, operation);
      last = id;
    },
    end: () => editor.end(),
  };
}

function fill(editor, start, { clear, possible }) {
  if (!inside(editor.map, start)) return null;
  editor.begin();
  editor.fill(Math.floor(start.x), Math.floor(start.y), editor.operation(clear, possible));
  editor.end();
  return null;
}

// Dragged, an outline closes when the hand lets go; clicked corner by corner, by its first corner or Enter.
function lasso(editor, start, { clear, possible, scale }) {
  const open = editor.outline;
  if (open && Math.hypot(open.points[0].x - start.x, open.points[0].y - start.y) * scale < CLOSE_PX) {
    editor.closeOutline();
    return null;
  }
  if (open) editor.extendOutline(start);
  else editor.startOutline(start, editor.operation(clear, possible));
  return {
    to: point => editor.extendOutline(point),
    end: moved => { if (moved && !open) editor.closeOutline(); },
  };
}

// Takes up what lies under the pointer and hands the brush back.
function eyedropper(editor, start) {
  if (!inside(editor.map, start)) return null;
  const cell = editor.map.cells[Math.floor(start.y) * editor.map.width + Math.floor(start.x)];
  const [top] = markersOf(cell), ground = groundOf(cell);
  if (top || ground) editor.choose({ name: "brush", ...(top || { label: ground }) });
  return null;
}

export const TOOLS = { brush: stroke, eraser: stroke, fill, lasso, superpixel: superpixels, box: boxTool, eyedropper };
