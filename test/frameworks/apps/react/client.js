export const client = {
  "a page is sent as it is made": (side) => side.parts("/slow"),
  "a page that is ready at once is sent": (side) => side.ask("/"),
  "a page is sent when all is ready": (side) => side.ask("/whole"),
};
