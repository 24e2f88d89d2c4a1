"""IBM's own client, as its users wrote it, in a process of its own. In: JSON arguments. Out: one line of JSON.

Run as a script, since the client prints, warns and looks into the environment. Nothing in here knows of seikaku. The
line names every address that the process looked up or connected to.
"""

import json
import sys


def main():
    asked = json.loads(sys.argv[1])
    sys.path.insert(0, asked["folder"])
    reached = set()

    def watch(event, arguments):
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            reached.add(str(arguments[1][:2] if event != "socket.getaddrinfo" else arguments[:2]))

    sys.addaudithook(watch)
    from ibm_cloud_sdk_core.authenticators import BasicAuthenticator, BearerTokenAuthenticator, NoAuthAuthenticator
    from ibm_watson import ApiException, PersonalityInsightsV3

    kinds = {"none": NoAuthAuthenticator, "basic": BasicAuthenticator, "bearer": BearerTokenAuthenticator}
    authenticator = kinds[asked["kind"]](*asked["credentials"]) if "kind" in asked else None
    service = PersonalityInsightsV3(version="2017-10-13", authenticator=authenticator)
    if "url" in asked:
        service.set_service_url(asked["url"])
    try:
        response = service.profile(**asked["profile"])
        result = response.get_result()
        answer = {"status": response.get_status_code(), "result": getattr(result, "text", result)}
    except ApiException as error:
        answer = {"status": error.status_code, "message": error.message}
    sys.stdout.write(f"\n{json.dumps(answer | {'reached': sorted(reached)})}\n")  # below the client's own words


main()
