"""The API does what the pages do, by the same rules; every answer here is held against the API's own document."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import sessionmaker

from platsverket.jobs import Worker
from platsverket.models import Event, Need, Offer
from tests.conftest import Web
from tests.web.caller import caller, fields, need_body, offer_body

BODY = ("agency", "title", "description", "place", "seats", "area_m2", "weekdays", "contact_name", "contact_email",
        "contact_phone")  # fmt: skip
OFFER_BODY = (*BODY, "address", "visibility", "spans", "features", "sharing", "minimum_days", "only_agencies",
              "not_agencies", "coordinators")  # fmt: skip
NEED_BODY = (*BODY, "max_km", "earliest_start", "latest_start", "days", "must", "wish")


# Offers


def test_an_offer_is_posted_read_changed_and_withdrawn(web: Web) -> None:
    """What is posted can be read back, sent back unchanged, changed, reconfirmed, withdrawn; then it stays as it is."""
    agency = web.make.agency("Trafikverket")
    api = caller(web, web.make.officer(agency))
    posted = api.post("/offers", offer_body(web, agency.ref), 201)
    path = posted.headers["Location"].removeprefix("/api/v1")
    read = api.get(path)
    assert read.json == posted.json and read.headers["ETag"] == posted.headers["ETag"]
    assert (read.json["agency_name"], read.json["municipality"], read.json["status"]) == (
        "Trafikverket", "Östersund", "open"
    )  # fmt: skip
    assert read.json["features"] == {"step_free": "yes", "parking": "no"}
    same = api.put(path, {name: read.json[name] for name in OFFER_BODY})
    assert {k: v for k, v in same.json.items() if k != "changed_at"} == {
        k: v for k, v in read.json.items() if k != "changed_at"
    }
    assert api.put(path, offer_body(web, agency.ref, seats=7)).json["seats"] == 7
    api.post(f"{path}/reconfirmation")
    assert api.post(f"{path}/withdrawal").json["status"] == "withdrawn"
    gone = api.put(path, offer_body(web, agency.ref), 409)
    assert gone.json["type"] == "/api/v1/problems/offer-withdrawn"


def test_a_change_of_something_that_has_changed_is_refused(web: Web) -> None:
    """If-Match with an old ETag answers 412 and changes nothing; with the present one it goes through."""
    agency = web.make.agency()
    officer, lead = web.make.officer(agency), web.make.lead(agency)
    offer, need = web.make.offer(agency, officer), web.make.need(agency, lead)
    for user, path, body in (
        (officer, f"/offers/{offer.ref}", offer_body),
        (lead, f"/needs/{need.ref}", need_body),
    ):
        api = caller(web, user)
        old = api.get(path).headers["ETag"]
        new = api.put(path, body(web, agency.ref, seats=3), headers={"If-Match": old}).headers["ETag"]
        assert new != old
        stale = api.put(path, body(web, agency.ref, seats=2), 412, headers={"If-Match": old})
        assert stale.json["type"] == "/api/v1/problems/stale"
        api.put(path, body(web, agency.ref, seats=2), 412, headers={"If-Match": "nonsense"})
        assert api.get(path).json["seats"] == 3
        api.put(path, body(web, agency.ref, seats=2), headers={"If-Match": f'"other", {new}'})
        api.put(path, body(web, agency.ref, seats=1), headers={"If-Match": "*"})


def test_offers_are_listed_page_by_page_and_filtered(web: Web) -> None:
    """Every filter leaves out what does not fit; pages hold what is asked for and tell how much there is in all."""
    agency = web.make.agency()
    officer = web.make.officer(agency)
    for number in range(3):
        web.make.offer(agency, officer, title=f"Lokal {number}", seats=10 + number)
    web.make.offer(agency, officer, place="Malmö", weekdays=["sat"], features={"lift": "yes"})
    api = caller(web, web.make.lead(web.make.agency()))
    first = api.get("/offers?limit=3").json
    second = api.get("/offers?limit=3&page=2").json
    assert (first["total"], first["limit"], len(first["items"]), len(second["items"])) == (4, 3, 3, 1)
    assert not {o["ref"] for o in first["items"]} & {o["ref"] for o in second["items"]}
    assert api.get("/offers?page=9").json["items"] == []
    counts = {
        "text=lokal": 3, "county=23": 3, "county=12": 1, "seats=12": 1, "weekdays=sat": 1,
        "weekdays=mon&weekdays=tue": 3,
        "must=lift": 1, "must=lift&must=parking": 0, "mine=true": 0, "mine=false": 4,
        f"earliest_start={web.make.today}": 4, "latest_start=2100-01-01&days=3650": 0, "place=Malmö&max_km=20": 1,
    }  # fmt: skip
    assert {query: api.get(f"/offers?{query}").json["total"] for query in counts} == counts


def test_restricted_premises_show_a_municipality_and_a_band(web: Web) -> None:
    """Others read only municipality and seats in tens; a coordinator reads all, one at a time, on record."""
    make = web.make
    agency, other = make.agency(), make.agency()
    officer = make.officer(agency)
    offer = make.offer(agency, officer, visibility="restricted", seats=17)
    shown = {"ref", "status", "exact", "visibility", "municipality_code", "municipality", "seats_from"}
    lead = caller(web, make.lead(other))
    for answer in (lead.get(f"/offers/{offer.ref}").json, lead.get("/offers").json["items"][0]):
        assert {name for name, value in answer.items() if value is not None} == shown
        assert (answer["seats_from"], answer["municipality"], answer["exact"]) == (10, "Östersund", False)
    assert caller(web, officer).get("/offers").json["items"][0]["address"] == "Storgatan 1"
    coordinator = caller(web, make.coordinator())
    reads = select(func.count()).select_from(Event).where(Event.kind == "offer.address_read")
    assert coordinator.get("/offers").json["items"][0]["exact"] is False
    assert make.session.scalar(reads) == 0
    assert coordinator.get(f"/offers/{offer.ref}").json["address"] == "Storgatan 1"
    make.session.rollback()
    assert make.session.scalar(reads) == 1


# Needs


def test_a_need_is_posted_read_weighed_changed_and_withdrawn(web: Web) -> None:
    """A project lead posts, changes and withdraws; a coordinator weighs, with a reason that goes on record."""
    agency = web.make.agency()
    lead, coordinator = caller(web, web.make.lead(agency)), caller(web, web.make.coordinator())
    posted = lead.post("/needs", need_body(web, agency.ref, wish=["lift", "step_free"]), 201)
    path = posted.headers["Location"].removeprefix("/api/v1")
    assert (posted.json["must"], posted.json["wish"]) == (["step_free"], ["lift"])
    assert lead.get(path).json == {**posted.json, "without_proposal": None}
    same = lead.put(path, {name: posted.json[name] for name in NEED_BODY})
    assert {**same.json, "changed_at": posted.json["changed_at"]} == posted.json
    assert fields(coordinator.put(f"{path}/priority", {"priority": 3}, 422)) == {"reason": "required"}
    assert coordinator.put(f"{path}/priority", {"priority": 3, "reason": "Brand"}).json["priority"] == 3
    lead.put(f"{path}/priority", {"priority": 9, "reason": "Vi"}, 403)
    assert lead.get("/needs?text=projekt&standing=true").json["total"] == 1
    assert lead.post(f"{path}/withdrawal").json["status"] == "withdrawn"
    assert lead.get("/needs?standing=true").json["total"] == 0
    kinds = [event["kind"] for event in lead.get("/events?noun=need").json["items"]]
    assert kinds == ["need.withdrawn", "need.prioritised", "need.changed", "need.posted"]


# Rounds, proposals, agreements


def test_a_round_runs_from_opening_to_an_agreement_that_ends(web: Web) -> None:
    """The whole journey over the API: open, freeze, decide, run, read, publish, accept on both sides, end."""
    make, today = web.make, web.make.today
    host, guest = make.agency("Värden"), make.agency("Gästen")
    offer, need = make.offer(host), make.need(guest)
    make.need(guest, seats=500, title="För stort")
    steer = caller(web, make.coordinator())
    poster, lead = caller(web, make.officer(host)), caller(web, make.lead(guest))
    day = today.isoformat()
    dates = dict.fromkeys(("opens_on", "freezes_on", "publishes_on"), day)
    body = {"name": "Våren", **dates, "answer_by": (today + timedelta(days=9)).isoformat()}
    assert fields(steer.post("/rounds", {**body, "answer_by": "2020-01-01"}, 422)) == {"answer_by": "dates_in_order"}
    opened = steer.post("/rounds", body, 201)
    path = opened.headers["Location"].removeprefix("/api/v1")
    assert opened.json["status"] == "gathering"
    steer.post(f"{path}/runs", {}, 409)
    assert steer.post(f"{path}/freeze").json["status"] == "frozen"
    steer.post(f"{path}/freeze", status=409)
    bar = {"kind": "bar", "agency": guest.ref, "offer": offer.ref, "reason": "Prov"}
    assert fields(steer.post(f"{path}/decisions", {**bar, "need": need.ref}, 422)) == {"need": "need_or_agency"}
    everybody = {**bar, "agency": None}
    assert fields(steer.post(f"{path}/decisions", everybody, 422)) == {"whom": "for_whom"}
    for other in ({**bar, "whom": "premises"}, {**bar, "whom": "need"}, {**everybody, "whom": "agency"}):
        assert fields(steer.post(f"{path}/decisions", other, 422)) == {"whom": "whom_differs"}
    lock = {**everybody, "kind": "lock", "need": need.ref, "start": day, "whom": "premises"}
    assert fields(steer.post(f"{path}/decisions", lock, 422)) == {"whom": "whom_differs"}
    for_all = steer.post(f"{path}/decisions", {**everybody, "whom": "premises"}, 201).json
    assert (for_all["need"], for_all["agency"], for_all["offer"]) == (None, None, offer.ref)
    steer.call("DELETE", f"{path}/decisions/{for_all['ref']}", 204)
    made = steer.post(f"{path}/decisions", bar, 201).json
    assert steer.get(f"{path}/decisions").json["items"][1:] == [made]
    steer.call("DELETE", f"{path}/decisions/{made['ref']}", 204)
    assert steer.get(f"{path}/decisions").json["items"][1]["removed_at"] is not None
    asked = steer.post(f"{path}/runs", {"effort": "quick", "seed": 7}, 201)
    run = asked.headers["Location"].removeprefix("/api/v1")
    assert (asked.json["status"], asked.json["seed"]) == ("waiting", 7)
    steer.get(f"{run}/plan", 409)
    steer.post(f"{path}/runs", {}, 409)
    assert Worker(sessionmaker(make.session.get_bind(), expire_on_commit=False), make.config).work_once()
    done = steer.get(run).json
    assert (done["status"], done["summary"]["placed"], done["summary"]["unplaced"]) == ("done", 1, 1)
    assert steer.get(f"{path}/runs").json["items"] == [done]
    (placed,) = steer.get(f"{run}/placements").json["items"]
    assert (placed["need"], placed["offer"], placed["host"]) == (need.ref, offer.ref, "Värden")
    (unplaced,) = steer.get(f"{run}/unplaced").json["items"]
    assert unplaced["reasons"][0]["code"] == "size"
    market, plan = steer.get(f"{run}/market").json, steer.get(f"{run}/plan").json
    assert len(market["offers"]) == len(plan["placements"]) == 1
    assert [event["kind"] for event in steer.get("/events?noun=round").json["items"]][:2] == ["round.exported"] * 2
    assert steer.post(f"{run}/publication").json["status"] == "published"
    steer.post(f"{run}/publication", status=409)
    large = lead.get(f"/needs/{unplaced['need']}")
    told = large.json["without_proposal"]
    assert (told["round"], told["set_aside"]) == (opened.json["ref"], None)
    assert told["reasons"] == [{"code": "size", "offers": None}] and told["would_help"] == []
    assert steer.get(f"/needs/{unplaced['need']}").json["without_proposal"]["reasons"] == unplaced["reasons"]
    assert lead.get(f"/needs/{need.ref}").json["without_proposal"] is None
    steer.post(f"{path}/cancellation", status=409)

    (proposal,) = lead.get("/proposals?unanswered=true").json["items"]
    answer = f"/proposals/{proposal['ref']}/answer"
    assert fields(lead.post(answer, {"answer": "declined"}, 422)) == {"reason": "required"}
    assert fields(lead.post(answer, {"answer": "accepted", "side": "poster"}, 422)) == {"side": "choice"}
    steer.post(answer, {"answer": "accepted"}, 403)
    assert lead.post(answer, {"answer": "accepted"}).json["lead_answer"] == "accepted"
    lead.post(answer, {"answer": "declined", "reason": "other"}, 409)
    agreed = poster.post(answer, {"answer": "accepted"}).json
    assert agreed["status"] == "agreed"
    path = f"/agreements/{agreed['agreement']}"
    for who in (steer, poster, lead):
        assert who.get("/agreements").json["items"] == [who.get(path).json]
    last = {"last_day": agreed["until"], "reason": "need_ended"}
    assert fields(lead.post(f"{path}/end", last, 422)) == {"last_day": "last_day"}
    ended = lead.post(f"{path}/end", {**last, "last_day": agreed["start"]}).json
    assert (ended["status"], ended["last_day"]) == ("ended_early", agreed["start"])
    lead.post(f"{path}/end", {**last, "last_day": agreed["start"]}, 409)


def test_a_run_can_be_stopped_and_a_round_called_off(web: Web) -> None:
    """A waiting run is told to stop; a round that is called off stays so."""
    steerer = web.make.coordinator()
    steer = caller(web, steerer)
    ref = web.make.round(steerer).ref
    steer.post(f"/rounds/{ref}/freeze")
    run = steer.post(f"/rounds/{ref}/runs", {}, 201).json["ref"]
    assert steer.post(f"/rounds/{ref}/runs/{run}/stop").json["stop_requested_at"] is not None
    assert steer.post(f"/rounds/{ref}/cancellation").json["status"] == "cancelled"
    steer.post(f"/rounds/{ref}/runs", {}, 409)
    other = web.make.round(steerer).ref
    steer.get(f"/rounds/{other}/runs/{run}", 404)
    assert steer.get("/rounds").json["total"] == 2


def test_a_proposal_on_restricted_premises_tells_no_distance_before_it_is_agreed(web: Web) -> None:
    """Distance and fit would tell where the premises lie, so the guest gets them with the agreement."""
    make = web.make
    host, guest = make.agency("Värden"), make.agency()
    make.offer(host, visibility="restricted")
    make.need(guest)
    (proposal,) = make.published(make.coordinator())
    poster, lead = caller(web, make.officer(host)), caller(web, make.lead(guest))
    path = f"/proposals/{proposal.ref}"
    hidden = lead.get(path).json
    assert (hidden["exact"], hidden["host"], hidden["km"], hidden["fit"]) == (False, None, None, None)
    assert poster.get(path).json["km"] is not None
    lead.post(f"{path}/answer", {"answer": "accepted"})
    poster.post(f"{path}/answer", {"answer": "accepted"})
    assert (lead.get(path).json["exact"], lead.get(path).json["host"]) == (True, "Värden")


# What the others refer to


def test_the_open_figures_are_those_of_the_start_page(web: Web) -> None:
    """Anyone reads them, without a token; a county with few premises is in neither."""
    agency = web.make.agency()
    officer = web.make.officer(agency)
    for _ in range(5):
        web.make.offer(agency, officer, seats=10)
    web.make.offer(agency, officer, seats=10, place="Umeå")
    figures = caller(web).get("/figures").json["items"]
    assert figures == [{"county_code": "23", "county": "Jämtlands län", "premises": 5, "seats": 50}]


def test_the_vocabulary_can_be_read(web: Web) -> None:
    """Organisations, features, places and codes can be looked up; what is found can be used in bodies."""
    web.make.agency("Östra myndigheten")
    api, nobody = caller(web, web.make.officer(web.make.agency())), caller(web)
    assert [a["name"] for a in api.get("/agencies?text=östra").json["items"]] == ["Östra myndigheten"]
    web.make.agency("Regionen i Skåne län", "region")
    assert [a["name"] for a in api.get("/agencies?text=Region Skåne").json["items"]] == ["Regionen i Skåne län"]
    features = nobody.get("/features").json["items"]
    assert {"code": "step_free", "group": "access"}.items() <= features[0].items()
    (found, *_more) = api.get("/places?text=osters&limit=3").json["items"]
    assert found == api.get("/places/named", query_string={"place": found["label"]}).json
    assert fields(api.get("/places/named?place=Viken", 422)) == {"place": "place_ambiguous"}
    assert nobody.get("/problems/no-room").json["code"] == "no_room"
    assert nobody.get("/api-info").json["api_version"] == nobody.document["info"]["version"]


def test_one_reads_who_one_is(web: Web) -> None:
    """One's roles stand with the organisations they are held in."""
    agency = web.make.agency("Trafikverket")
    user = web.make.officer(agency)
    me = caller(web, user).get("/me").json
    assert me["email"] == user.email
    assert me["roles"] == [{"agency": agency.ref, "agency_name": "Trafikverket", "role": "case_officer"}]


def test_sentences_follow_the_accepted_language(web: Web) -> None:
    """The same problem is told in the language the caller reads; codes never change."""
    api = caller(web, web.make.officer(web.make.agency()))
    english = api.get("/offers?limit=0", 422, headers={"Accept-Language": "en"}).json
    assert english["errors"] == [{"field": "limit", "code": "range", "detail": "Write a number from 1 to 100."}]


def test_a_change_leaves_its_event_and_a_refused_one_none(web: Web) -> None:
    """The API writes the same events as the pages."""
    agency = web.make.agency()
    api = caller(web, web.make.officer(agency))
    api.post("/offers", offer_body(web, agency.ref), 201)
    api.post("/offers", offer_body(web, agency.ref, seats=0), 422)
    events = api.get("/events?noun=offer").json
    assert [(e["kind"], e["data"]) for e in events["items"]] == [("offer.posted", {"seats": 10})]
    assert web.make.session.scalar(select(func.count(Offer.id))) == 1
    assert web.make.session.scalar(select(func.count(Need.id))) == 0


def test_a_conflict_lists_what_stands_in_the_way(web: Web) -> None:
    """Withdrawing premises or a request that a proposal holds: the problem names the proposal, then the agreement."""
    make = web.make
    host, guest = make.agency("Värden"), make.agency("Gästen")
    offer, need = make.offer(host), make.need(guest)
    poster, lead = caller(web, make.officer(host)), caller(web, make.lead(guest))
    [proposal] = make.published(make.coordinator())
    ref, seats = proposal.ref, proposal.seats
    paths = ((poster, f"/offers/{offer.ref}/withdrawal"), (lead, f"/needs/{need.ref}/withdrawal"))
    for who, path in paths:
        [one] = who.post(path, status=409).json["commitments"]
        assert (one["kind"], one["ref"], one["agency"], one["seats"]) == ("proposal", ref, "Gästen", seats)
    agreed = [who.post(f"/proposals/{ref}/answer", {"answer": "accepted"}).json for who, _ in paths][-1]
    for who, path in paths:
        [one] = who.post(path, status=409).json["commitments"]
        assert (one["kind"], one["ref"], one["until"]) == ("agreement", agreed["agreement"], agreed["until"])
