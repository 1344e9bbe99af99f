// Sends the set-up form to the API and says in words what came of it.
const form = document.querySelector("form");
const told = document.querySelector("output");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(form));
  const token = new URLSearchParams(location.search).get("token") ?? "";
  const response = await fetch("/api/v1/setup", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token, email, password }),
  });
  if (response.ok) {
    told.textContent = "Done: you are the owner and logged in. The API describes itself at /api/openapi.json.";
    form.querySelector("button").disabled = true;
    return;
  }
  const problem = await response.json();
  const faults = (problem.faults ?? []).map((fault) => `${fault.field}: ${fault.message}`);
  told.textContent = [problem.title, ...faults].join(" ");
});
