/* The inside of a host: what its files do for each other, file by file.  Nothing outside src/host includes this. */
#ifndef HOST_INTERNAL_H
#define HOST_INTERNAL_H

#include "host/reconnect.h"
#include "host/state.h"

/* events.c */
void events_init(host_events *e, host_event *slots, uint16_t capacity, uint16_t step);
void events_give_payload(host_events *e, uint8_t *payload, uint32_t payload_cap);
bool events_have_room(kith_host *h);
bool events_have_room_for(kith_host *h, uint32_t octets); /* values of the step's events, together */
kith_event *event_post(kith_host *h, kith_event_kind kind, const host_link *link); /* never NULL: room was checked */
void events_settle(kith_host *h);
kith_event *event_ask(kith_host *h, kith_event_kind kind, host_link *link); /* a question to people */
kith_event *event_post_droppable(kith_host *h, kith_event_kind kind, const host_link *link);
/* Copies value behind the event; NULL: no room (only for droppable ones). */
const uint8_t *event_attach(kith_host *h, kith_event *event, const uint8_t *value, size_t len);

/* memory.c */
bool host_security_is_valid(const kith_host *h, const kith_security *security);
size_t host_buffer_octets(const kith_limits *limits);
uint32_t host_payload_octets(const kith_limits *limits); /* one step tells no more */
static inline uint32_t host_buffer(const kith_host *h)
{
    return (uint32_t)host_buffer_octets(&h->config.limits);
}

/* commands.c: the next command that anybody wants to send, and what comes back. */
size_t command_next(kith_host *h, uint8_t *out);
void command_begin(uint8_t *out, uint16_t opcode, size_t parameter_len); /* type, opcode, length */
void command_on_complete(kith_host *h, const uint8_t *event, size_t len);
void command_on_status(kith_host *h, const uint8_t *event, size_t len);
void command_expire(kith_host *h);
bool command_is_supported(const kith_host *h, unsigned octet, unsigned bit);
bool command_is_extended(const kith_host *h); /* extended advertising, scanning, connecting; else those of Core 4.2 */
bool command_has_phys(const kith_host *h, uint8_t phys); /* it can listen on all of these */

/* startup.c */
size_t startup_command(kith_host *h, uint8_t *out);
void startup_on_result(kith_host *h, uint16_t opcode, const uint8_t *parameters, size_t len);
void startup_fail_store(kith_host *h, kith_status status);
void startup_fail(kith_host *h, uint32_t lacks, uint16_t opcode, kith_hci_status hci_status, kith_status status);

/* advertise.c: sets, their beginning and end */
static inline bool set_is_active(const host_set *set) /* it is on, or going to be */
{
    return set->activity.on || set->activity.busy;
}
kith_event *advertise_tell(kith_host *h, host_set *set, bool on, kith_hci_status status);
void advertise_end(kith_host *h, host_set *set, kith_activity_end why, kith_hci_status status); /* by itself */
void advertise_on_connected(kith_host *h);     /* a link came of it; with extended commands that tells nothing */
void advertise_on_timeout(kith_host *h);       /* likewise; it was directed, and as often as it goes */
bool advertise_is_active(const kith_host *h);  /* any set is on, or going to be */
bool advertise_is_left_on(const kith_host *h); /* a set, after its end; it is about to be switched off */
bool advertise_filters(const kith_host *h);    /* one that filters */
void advertise_clear(kith_host *h);            /* the controller has none of them */
bool advertise_waits(const kith_host *h);      /* a set does, for kith_allow_list_ready() */
void advertise_let_begin(kith_host *h);
void advertise_refuse(kith_host *h, kith_hci_status status); /* with a filter: the list is not what it shall be */
void advertise_give_up(kith_host *h, kith_status status);    /* nothing may go on air: it is off, and told so */
bool advertise_has_failed(const kith_host *h);               /* a set that could not be made: to be told */
void advertise_tell_failed(kith_host *h);
bool advertise_expire(kith_host *h);
uint64_t advertise_deadline(const kith_host *h);

/* advertise_command.c: what the controller is told of them, and what it answers */
size_t advertise_command(kith_host *h, uint8_t *out);
bool advertise_owns(uint16_t opcode); /* a command about a set */
void advertise_on_result(kith_host *h, uint16_t opcode, kith_hci_status status);
bool advertise_is_answered(const kith_host *h, const host_set *set); /* a command about it is under way */

/* advertise_check.c: what can be, and what this controller can */
uint8_t advertise_used(const kith_advertising *a); /* SET_DATA, SET_RESPONSE: what its PDUs have a place for */
bool advertise_parts_fit(const kith_advertising *a);
kith_status advertise_check(const kith_host *h, uint8_t number, const kith_advertising *a);
bool advertise_fits(const kith_host *h, const kith_advertising *a); /* its data, into the controller */

/* advertise_data.c */
const uint8_t *advertise_octets(const kith_advertising *a, uint8_t which, uint16_t *len);
const kith_random_part *advertise_random_part(const kith_advertising *a, uint8_t which);
/* Some of them, with random parts drawn. */
kith_status advertise_fill(kith_host *h, const host_set *set, uint8_t which, uint16_t at, uint16_t len, uint8_t *out);

/* advertise_whom.c: who is answered, and whom directed advertising is for */
typedef struct {
    kith_address address;
    uint8_t own_type;
} host_target;
uint8_t advertise_filter_policy(const kith_advertising *a);
kith_status advertise_find_target(const kith_host *h, const kith_advertising *a, kith_peer_id *to);
bool advertise_has_new_target(const kith_host *h, const host_set *set);
kith_status advertise_aim(kith_host *h, host_set *set, host_target *target);

/* advertise_legacy.c: commands of Core 4.2.  what: SET_*, one of them; a status other than KITH_OK: none is made */
size_t advertise_put_legacy(kith_host *h, host_set *set, uint8_t what, uint8_t *out, kith_status *status);
size_t advertise_enable_legacy(bool on, uint8_t *out);

/* advertise_extended.c: commands of Core 5.0 */
size_t advertise_put_extended(kith_host *h, host_set *set, uint8_t what, uint8_t *out, kith_status *status);
size_t advertise_enable_extended(const kith_host *h, const host_set *set, bool on, uint8_t *out);
size_t advertise_remove(const kith_host *h, const host_set *set, uint8_t *out);
bool advertise_is_long(const host_set *set); /* what is due takes several commands, which the controller takes while it
                                                is off */
void advertise_on_terminated(kith_host *h, const uint8_t *parameters, size_t len);

/* scan.c, scan_reports.c, scan_heard.c, find.c, connect.c, connect_command.c */
size_t scan_command(kith_host *h, uint8_t *out);
void scan_on_result(kith_host *h, kith_hci_status status);
void scan_on_timeout(kith_host *h, const uint8_t *parameters, size_t len); /* the controller has stopped by itself */
void scan_on_lost(kith_host *h, kith_hci_status hci_status);
size_t scan_put_parameters(const kith_host *h, const kith_scan *scan, uint8_t *out);
size_t scan_put_enable(const kith_host *h, const kith_scan *scan, bool on, uint8_t *out);
void scan_stop_for(kith_host *h, host_scan_end end); /* it goes off for this */
bool scan_expire(kith_host *h);
uint64_t scan_deadline(const kith_host *h);
void scan_on_report(kith_host *h, const uint8_t *parameters, size_t len);
void scan_on_directed_report(kith_host *h, const uint8_t *parameters, size_t len);
void scan_on_extended_report(kith_host *h, const uint8_t *parameters, size_t len);
bool scan_listens(const kith_host *h);
void scan_hear(kith_host *h, kith_event_report *report, const uint8_t *data, size_t len);
void scan_hear_part(kith_host *h, const host_advertiser *advertiser, kith_event_report *report, const uint8_t *data,
                    size_t len, uint8_t status); /* of the data, as it was said */
void scan_forget_heard(kith_host *h);
bool find_takes(kith_host *h, const kith_event_report *report); /* true: it is found */
bool find_asks_who(const kith_host *h);                         /* what is sought has a name among bonds */
void find_tell(kith_host *h, kith_hci_status hci_status, kith_status status); /* the end of a search */
void scan_give_up(kith_host *h, kith_status status);
size_t connect_command(kith_host *h, uint8_t *out);
void connect_on_status(kith_host *h, uint16_t opcode, kith_hci_status status);
void connect_ended(kith_host *h, kith_hci_status status); /* a Connection Complete that made no link */
void connect_made(kith_host *h);                          /* one that did */
void connect_give_up(kith_host *h, kith_hci_status hci_status, kith_status status);
void connect_refuse(kith_host *h, kith_hci_status status); /* by the list, which is not what it shall be */
size_t connect_put_create(const kith_host *h, const kith_initiating *as, uint8_t *out);
size_t connect_put_cancel(uint8_t *out);
bool connect_has_room(const kith_host *h, unsigned slots); /* so many are free */
bool connect_expire(kith_host *h);
uint64_t connect_deadline(const kith_host *h);

/* pause.c: activities are interrupted for a reason, and go on.  Once asked for, a pause goes deeper or ends. */
void pause_ask(kith_host *h, host_pause_reason reason, host_pause_depth depth);
bool pause_is_reached(const kith_host *h);
void pause_end(kith_host *h, host_pause_reason reason);
bool pause_holds_set(const kith_host *h, const host_set *set);
bool pause_holds_scanner(const kith_host *h);
bool pause_holds_initiator(const kith_host *h);
bool pause_holds_reconnect(const kith_host *h, bool by_list);
typedef enum { PAUSE_GOES_ON, PAUSE_WAITS, PAUSE_SWITCHES_OFF, PAUSE_SWITCHES_ON } pause_move;
pause_move pause_next(host_activity *activity, bool is_held); /* what it shall do instead of its own chain */
bool pause_takes_result(host_activity *activity, kith_hci_status status); /* false: it is its own, or failed */

/* lists_allow.c, lists_identities.c, lists_follow.c, lists_wanted.c: what the program wants */
bool lists_have_nobody(const kith_host *h);
bool lists_can_filter(const kith_host *h);
bool lists_can_resolve(const kith_host *h);
void lists_follow_what(host_follow *f, const kith_peers_filter *filter, bool is_on); /* the filter is copied */
uint16_t lists_named_identities(const kith_host *h); /* by the program; those that are followed have what is left */
void lists_follow_allowed(kith_host *h);
void lists_follow_identities(kith_host *h);
bool lists_may_be_sought(const kith_host *h); /* the filter accept list may be that of who is looked for */
bool lists_fit_sought(const kith_host *h);
bool lists_have_modes(const kith_host *h); /* device privacy */
const kith_peer_id *lists_filter_wish(const kith_host *h, uint16_t *count);
bool lists_are_ready(const kith_host *h); /* the controller has what is wanted */
bool lists_follow_meets_private(const kith_host *h, const kith_peers_filter *filter);
uint16_t lists_resolve_all(const kith_host *h, const kith_peer_id *allow, uint16_t allow_count,
                           const kith_peer_id *identities, uint16_t identity_count,
                           kith_peer_id *out);                    /* NULL: counts */
uint16_t lists_count_keys(const kith_host *h, kith_peer_id *out); /* that the resolving list shall have; NULL: counts */
bool lists_has_usable_key(const kith_host *h, const peers_bond *bond);
bool lists_names(const kith_peer_id *peers, uint16_t count, kith_peer_id peer);
kith_status lists_check_call(kith_host *h, bool able, bool is_due);
kith_status lists_check_peers(const kith_host *h, const kith_peer_id *peers, uint16_t count);
bool lists_are_in_use(const kith_host *h, bool touches_resolving);
void lists_rebuild(kith_host *h);
kith_status lists_copy(const kith_peer_id *from, uint16_t from_count, kith_peer_id *to, uint16_t cap, uint16_t *count);
bool lists_wait(const kith_host *h); /* for lists_go_on() */
void lists_go_on(kith_host *h);
void lists_hide_change(kith_host *h);
void lists_forget_all(kith_host *h);
void lists_lay_out(host_lists *l, uint8_t listed, kith_peer_id *peers, host_listed *entries);

/* lists_controller.c: what the controller has, and the commands that bring it nearer */
void lists_judge(kith_host *h);
host_lists_step lists_next_step(const kith_host *h);
size_t lists_command(kith_host *h, uint8_t *out);
void lists_on_result(kith_host *h, kith_hci_status status);
bool lists_resolve(const kith_host *h, kith_peer_id peer); /* the controller does, this one's addresses */
void lists_tell(kith_host *h, kith_event_kind kind, kith_status status, kith_hci_status hci_status);
void lists_on_ready(kith_host *h);
void lists_on_lost(kith_host *h);
void lists_renew(kith_host *h);      /* the controller makes new addresses of our own */
void lists_on_own_key(kith_host *h); /* with another key, or none */
void lists_on_use(kith_host *h);     /* what is known of a peer's privacy has changed */
const kith_address *lists_name_of(const kith_host *h, const kith_address *peer); /* as the controller knows it */

/* host.c */
void host_finish(kith_host *h); /* what was begun, as far as there is room for its events */

/* links.c */
host_link *link_by_id(const kith_host *h, kith_link id);
host_link *link_by_handle(const kith_host *h, uint16_t handle);
void link_on_connection_complete(kith_host *h, const uint8_t *parameters, size_t len, bool enhanced);
void link_on_disconnection(kith_host *h, const uint8_t *parameters, size_t len);
void link_end(kith_host *h, host_link *link, kith_hci_status reason);
void link_lengthen(const kith_host *h, host_link *link); /* asks for long link layer packets, once */
void link_watch(const kith_host *h, host_link *link);    /* it is encrypted: sets its payload timeout, once */
void link_on_payload_timeout(kith_host *h, const uint8_t *parameters, size_t len);
void link_disconnect_now(host_link *link); /* it has waited long enough */
void link_disconnect(kith_host *h, host_link *link, kith_hci_status reason);
size_t link_command(kith_host *h, uint8_t *out);
void link_on_command_status(kith_host *h, uint16_t opcode, kith_link id, kith_hci_status status);

/* claims.c: whom an address claims to be */
const peers_bond *claims_of(const kith_host *h, const kith_address *local, const kith_address *address);
void claims_on_failure(kith_host *h, const host_link *link); /* it was not encrypted with the key that was claimed */

/* parameters.c */
void parameters_on_complete(kith_host *h, const uint8_t *parameters, size_t len);
void parameters_on_command_status(kith_host *h, host_link *link, kith_hci_status status);
void parameters_on_signalling(kith_host *h, host_link *link, const uint8_t *pdu, size_t len); /* an answer to us */
void parameters_on_link_end(kith_host *h, host_link *link);
size_t parameters_put_update(const kith_host *h, host_link *link, uint8_t *out);
void parameters_begin_for_peer(kith_host *h, host_link *link, const kith_connection_parameters *wish);
void parameters_wait_for_peer(kith_host *h, host_link *link); /* which was granted it, by the link layer */
void parameters_on_grant_refused(kith_host *h, host_link *link);
void parameters_forget_wish(host_link *link);
size_t parameters_put(uint16_t opcode, const host_link *link, const kith_connection_parameters *p, uint8_t *out);
bool parameters_expire(kith_host *h);
uint64_t parameters_deadline(const kith_host *h);

/* wishes.c: connection parameters that the peer asks for */
bool wishes_take_signalling(kith_host *h, host_link *link, const uint8_t *pdu, size_t len); /* false: it is none */
void wishes_on_request(kith_host *h, const uint8_t *parameters, size_t len);                /* of its link layer */
void wishes_refuse(host_link *link);                                                        /* the one that waits */
size_t wishes_put_granted(const kith_host *h, host_link *link, uint8_t *out);
size_t wishes_put_refused(const kith_host *h, host_link *link, uint8_t *out);

/* measures.c: signal strength, PHYs, data length */
void measures_reset(host_measures *m);
void measures_on_connected(const kith_host *h, host_link *link);
void measures_on_link_end(kith_host *h, host_link *link, kith_hci_status reason);
void measures_want_data_length(host_link *link, uint16_t octets);
size_t measures_put_data_length(const kith_host *h, host_link *link, uint8_t *out);
size_t measures_put_phy(const kith_host *h, host_link *link, uint8_t *out);
size_t measures_put_rssi(const kith_host *h, host_link *link, uint8_t *out);
void measures_on_rssi(kith_host *h, kith_link id, const uint8_t *answer, size_t len);
void measures_on_rssi_refused(kith_host *h, host_link *link, kith_hci_status status);
void measures_on_phy_refused(kith_host *h, host_link *link, kith_hci_status status);
void measures_on_phy(kith_host *h, const uint8_t *parameters, size_t len);
void measures_on_data_length(kith_host *h, const uint8_t *parameters, size_t len);
bool measures_expire(kith_host *h);
uint64_t measures_deadline(const kith_host *h);

/* acl.c */
void acl_receive(kith_host *h, const uint8_t *packet, size_t len);
size_t acl_next_packet(kith_host *h, uint8_t *out, size_t cap);
void acl_on_completed(kith_host *h, const uint8_t *parameters, size_t len);
void acl_forget(kith_host *h, host_link *link);
bool acl_send(host_link *link, uint16_t cid, host_tx_class kind, const uint8_t *pdu, size_t len);
uint8_t *acl_reserve(host_link *link, host_tx_class kind, size_t *cap); /* room for a PDU to be made in place */
void acl_commit(host_link *link, uint16_t cid, host_tx_class kind, size_t len);
bool acl_drop_attributes(host_link *link, bool answers_too); /* true: a request of ours was not sent yet */
bool acl_has_request(const host_link *link);                 /* and still is not */
bool acl_has_held(const host_link *link);                    /* frames waited for encryption, and its outcome is here */
void acl_take_held(kith_host *h, host_link *link);           /* handles one of them */

/* security.c: the SMP channel, sessions, encryption */
void security_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);
void security_on_ltk_request(kith_host *h, const uint8_t *parameters, size_t len);
void security_on_encryption_change(kith_host *h, uint16_t handle, kith_hci_status status, bool on);
void security_on_command_refused(kith_host *h, host_link *link, kith_hci_status status);
void security_on_acknowledged(kith_host *h, host_link *link);
void security_on_link_end(kith_host *h, host_link *link, kith_hci_status reason);
void security_input(kith_host *h, smp_session *s, const smp_input *in);
void security_answer_ltk(kith_host *h, host_link *link);
smp_session *security_wants_own_key(const kith_host *h); /* a session that waits for what is there now; NULL: none */
void security_give_own_key(kith_host *h, smp_session *s);
bool security_take_own_key(kith_host *h, kith_work *work); /* the one made ahead, or why not; false: being made */
bool security_expire(kith_host *h);                        /* one that is due; false: none */
uint64_t security_deadline(const kith_host *h);
host_link *security_link_of(const kith_host *h, const smp_session *s);

void security_note_stake(const kith_host *h, const host_link *link, smp_session *s);
smp_session *security_open(kith_host *h, host_link *link, bool initiator, kith_level level); /* NULL: none free */

/* admission.c: who may pair */
void admission_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);      /* SMP outside a session */
bool admission_refuse_wish(kith_host *h, host_link *link, const uint8_t *pdu, size_t len); /* true: close the session */
bool admission_has_room(const kith_host *h, const host_link *link, const smp_session *s, const kith_security *security);
bool admission_has_method(const kith_security *security, bool initiator);
void admission_raise(kith_host *h, host_link *link); /* the bond is proven: pair */
void admission_tell_request(kith_host *h, const host_link *link, const uint8_t *pdu,
                            size_t len); /* of the peripheral */
bool admission_is_blocked(const kith_host *h, const kith_address *address);

/* answers.c: what people say to pairings under way */

/* oob.c: our own out of band data */
bool oob_waits(const kith_host *h); /* for a key pair that is there */
void oob_take_key(kith_host *h);
void oob_on_end(kith_host *h, const smp_session *s);
bool oob_expire(kith_host *h);
uint64_t oob_deadline(const kith_host *h);

/* attempts.c: who must wait before it may pair */
bool attempts_refuse(const kith_host *h, const host_link *link); /* the peer's request */
void attempts_on_end(kith_host *h, const host_link *link, const smp_session *s);
void attempts_settle(kith_host *h);
uint64_t attempts_deadline(const kith_host *h); /* the next end of a wait on a link */

/* bonding.c: from a pairing to a bond */
typedef enum { COMMIT_NO, COMMIT_YES, COMMIT_ASK } bonding_answer;
bonding_answer bonding_may_commit(kith_host *h, const host_link *link, smp_session *s, kith_peer_id *at_stake,
                                  kith_why *why);
bool bonding_is_class_taken(const kith_host *h, uint8_t peer_class, kith_peer_id but);
void bonding_keep(kith_host *h, host_link *link, smp_session *s);
void bonding_forget_on_links(kith_host *h, const peers_bond *bond);
void bonding_finish_forgetting(kith_host *h, host_link *link); /* of a link with key_forgotten */
void bonding_fill_verdict(const kith_verdict *pairing, kith_status result, kith_event *event);

void bonding_forget(kith_host *h, peers_bond *bond); /* there is room for its events */

/* room.c: who goes for a newcomer */
bool room_can_be_made(const kith_host *h);
void room_ask(kith_host *h, host_link *link, host_save *save);
void room_take_place(kith_host *h, host_save *save);
void room_give_up(kith_host *h, host_save *save);
void room_on_forgotten(kith_host *h, kith_peer_id id, kith_status result);
void room_on_link_end(kith_host *h, const host_link *link);
bool room_expire(kith_host *h);
uint64_t room_deadline(const kith_host *h);
bool room_load_extra(kith_host *h, const peers_bond *bond);
void room_drop_extra(kith_host *h, kith_peer_id id);
bool room_sort_extra(kith_host *h);
void room_note_beside(kith_host *h, const kith_record *record); /* the one too many has it */
bool room_settle_extra(kith_host *h);

/* identity.c: who we are */
kith_status identity_draw(kith_host *h, peers_device *out);
void identity_adopt(kith_host *h, const peers_device *device);
kith_status identity_without_store(kith_host *h);
void identity_forget_all(kith_host *h);
bool identity_is_busy(const kith_host *h); /* the one that is selected is being changed: nothing may begin under it */
size_t identity_command(kith_host *h, uint8_t *out); /* gives the controller the address that is used from now on */
void identity_on_command(kith_host *h, kith_hci_status status);
uint8_t identity_of_new_link(const kith_host *h, bool central);
bool identity_is_ours(const kith_host *h, const kith_address *local);
uint32_t identity_count_others(const kith_host *h); /* bonds of none of ours */

static inline const kith_address *link_local(const kith_host *h, const host_link *link)
{
    return &h->identities[link->identity].address;
}

bool identity_is_active(const kith_host *h); /* by the program: advertising, scanning, connecting is on, or begins */
bool identity_is_on_air(const kith_host *h); /* or the host does it by itself */

/* privacy.c: private addresses of our own */
bool privacy_is_valid(const kith_privacy *privacy);
void privacy_drop(kith_host *h);           /* the address is of a key that is no more */
void privacy_renew(kith_host *h);          /* and another one is made, if it can be */
kith_status privacy_prepare(kith_host *h); /* there shall be one, if any is wanted */
const kith_address *privacy_on_air(const kith_host *h);
kith_status privacy_make_of(kith_host *h, const uint8_t irk[16], uint8_t octets[6]); /* a resolvable private address */
/* Own_Address_Type of commands that scan and connect, and of directed advertising; undirected advertising names nobody
 * whose entry the controller could look for. */
uint8_t privacy_own_type(const kith_host *h);
uint8_t privacy_undirected_type(const kith_host *h);
bool privacy_lets_connect(const kith_host *h); /* peers may know us, so links may be made */
bool privacy_keeps_promise(const kith_gap_service *gap, const kith_privacy *privacy);
const uint8_t *privacy_key(const kith_host *h); /* the controller shall make addresses with; zeros: none */
uint16_t privacy_controller_cycle_s(const kith_host *h);
bool privacy_is_known(const kith_host *h);  /* the address on air */
void privacy_begin(kith_host *h);           /* an activity is about to begin: before it is noted as one */
void privacy_on_list(kith_host *h);         /* who is answered has changed: so does who answers */
void privacy_note_advertised(kith_host *h); /* the controller has begun */
void privacy_note_initiated(kith_host *h);
kith_address privacy_of_new_link(const kith_host *h, bool central, uint8_t identity); /* our address on it */
bool privacy_waits(const kith_host *h);                                               /* for privacy_go_on() */
void privacy_go_on(kith_host *h);
void privacy_on_lost(kith_host *h);
bool privacy_expire(kith_host *h);
uint64_t privacy_deadline(const kith_host *h);

/* naming.c: our identities in the store */
kith_status naming_load(kith_host *h, const kith_record *record);
kith_status naming_judge(const kith_host *h); /* all of it was read: may they be? */
bool naming_found_others(const kith_host *h); /* than the first */
bool naming_has_work(const kith_host *h);
void naming_fill(const kith_host *h, kith_work_store *w);
void naming_on_done(kith_host *h, kith_status result);
void naming_on_written(kith_host *h); /* the store works: something was */
bool naming_abandon(kith_host *h);    /* a change ends without; false: there is none */
void naming_begin(kith_host *h, kith_identity_operation operation, uint8_t number, const smp_identity *fresh);

/* storing.c: bonds on their way to and from the store */
void storing_begin(kith_host *h);
bool storing_outlives(const kith_host *h); /* false: memory is all there is */
bool storing_is_ready(const kith_host *h);
void storing_fill(const kith_host *h, kith_work_store *w);
void storing_finish(kith_host *h, const kith_work_store *w, kith_status result);
void storing_keep(kith_host *h, host_link *link, const smp_session *s, const peers_bond *bond);
void storing_tell_links(kith_host *h);                            /* there is a bond that was not there */
void storing_forget(kith_host *h);                                /* something is to be removed */
bool storing_concerns(const kith_host *h, const host_link *link); /* the bond this link may want is being written */
bool storing_has_class(const kith_host *h, uint8_t peer_class, kith_peer_id but);
bool storing_lets_answer(const kith_host *h, const host_link *link); /* a key that waited may be answered */
/* A bond of that identity, under that one of ours, is being written. */
bool storing_knows(const kith_host *h, const kith_address *local, const kith_address *identity);
bool storing_is_under(const kith_host *h, const kith_address *local); /* any under that one of ours is */
bool storing_has(const kith_host *h, kith_peer_id peer);              /* a bond of that name is being written */
kith_peer_id storing_bond_of(const kith_host *h, kith_link link);     /* made on that link; 0: none */
unsigned storing_places(const kith_host *h);                          /* how many saves there are */
host_save *storing_free_place(const kith_host *h);                    /* for a bond that is added; NULL: none */
void storing_judge(const kith_host *h, peers_bond *bond);             /* its level, as it counts today */
void storing_add(kith_host *h, host_save *place, const peers_bond *bond, kith_token token);
const peers_bond *storing_next(const kith_host *h, unsigned *at); /* that is being written; NULL: no more */
uint32_t storing_under_way(const kith_host *h);                   /* bonds that are being written */
uint32_t storing_promised(const kith_host *h);                    /* places for bonds that are being made or written */
bool storing_has_room(const kith_host *h);                        /* for one more bond */
bool storing_has_room_for(const kith_host *h, uint8_t records);   /* that can wait until there is */
bool storing_keeps_promises(const kith_host *h);                  /* there is room for those */

void storing_end_save(kith_host *h, host_save *save, kith_status result); /* told, and in its place if it went well */
void storing_go_on_with(kith_host *h, host_save *save);    /* SAVE_WRITE: it goes to the store, if there is one */
void storing_want(kith_host *h);                           /* something is to be written */
void storing_settle_orphan(kith_host *h, kith_peer_id id); /* is anything left to be removed of it? */
void storing_erase(kith_host *h);
bool storing_abandon_one(kith_host *h); /* a bond that was to be written ends without; false: there is none */

/* reset.c: factory reset */
void reset_on_erased(kith_host *h, kith_status result);
bool reset_waits(const kith_host *h); /* for reset_go_on() */
void reset_go_on(kith_host *h);

/* signing.c: signed data, and the counters of it */
uint8_t signing_level_of(const kith_host *h, const host_link *link); /* of the key the peer may sign with; 0: none */
void signing_on_write(kith_host *h, host_link *link, const gatt_server_event *write, const uint8_t *pdu);
kith_status signing_find_key(const kith_host *h, const host_link *link, peers_bond **bond); /* ours */
kith_status signing_sign(kith_host *h, peers_bond *bond, uint8_t *pdu, size_t len);         /* its last octets */
void signing_on_link_end(kith_host *h, host_link *link);
void signing_on_bonds_changed(kith_host *h);
kith_status signing_want_record(kith_host *h, peers_bond *bond);
kith_status signing_prepare_record(kith_host *h, peers_bond *bond); /* the same, by whom the store goes on by itself */
const peers_bond *signing_next(const kith_host *h);                 /* whose state is to be written; NULL: none */
void signing_fill(const kith_host *h, const peers_bond *bond, kith_record *out);
void signing_on_stored(kith_host *h, const kith_record *record, kith_status result);
kith_status signing_load(kith_host *h, const kith_record *record);
void signing_judge_losses(kith_host *h);   /* everything was loaded */
uint32_t signing_room(const kith_host *h); /* records that states will want */

/* use.c: rank, last use, pins */
void use_load(kith_host *h, peers_bond *bond, const kith_state_record *state);
void use_fill(const kith_host *h, const peers_bond *bond, kith_state_record *state);
bool use_wants(const kith_host *h, const peers_bond *bond); /* its state record to be written */
void use_want(const kith_host *h, peers_bond *bond);        /* what is unsaved, if there is room */
void use_on_stored(kith_host *h, peers_bond *bond, const kith_state_record *written);
void use_on_failed(kith_host *h, peers_bond *bond, const kith_state_record *written, kith_status status);
void use_on_proven(kith_host *h, host_link *link);
void use_on_stored_alone(kith_host *h, kith_peer_id peer); /* a new bond, whose link has gone */
void use_go_on(kith_host *h);                              /* operations whose turn it is */
bool use_waits(const kith_host *h);                        /* for use_go_on() */
bool use_is_turn(const kith_host *h, kith_token token);    /* of this operation */
host_data *use_find(const kith_host *h, kith_token token);

/* resolution.c: what a peer says of its privacy */
const kith_uuid *resolution_next(const kith_host *h, kith_token asks); /* what that one asks now */
void resolution_apply(uint32_t answers, kith_state_record *state);
bool resolution_take(const kith_host *h, host_link *link,
                     const gatt_client_event *e); /* true: it is not the program's */
bool resolution_take_end(kith_host *h, host_link *link, const gatt_client_event *e);
void resolution_end(kith_host *h, host_link *link, kith_token asks, kith_gatt_result result, uint8_t answer);

/* forgetting.c: all peers at once */
void forgetting_on_told(kith_host *h, kith_status status); /* one of them was */
bool forgetting_waits(const kith_host *h);                 /* for forgetting_go_on() */
void forgetting_go_on(kith_host *h);

/* encryption.c: what protects a link, and encryption with a bond */
void encryption_set(kith_host *h, host_link *link, const kith_event_security *now);
void encryption_start(host_link *link, const uint8_t ltk[16], uint16_t ediv, uint64_t rand);
void encryption_answer(host_link *link, const uint8_t ltk[16]);
void encryption_refuse(kith_host *h, host_link *link);
void encryption_drop(kith_host *h, host_link *link); /* nothing protects the link, or its protection did not come */
void encryption_begin_bond(kith_host *h, host_link *link, const peers_bond *bond, bool by_peer);
bool encryption_may_use(const kith_host *h, const peers_bond *bond, bool as_central);
void encryption_expire(kith_host *h, host_link *link); /* the controller never told the outcome */
void encryption_on_with_bond(kith_host *h, host_link *link);
void encryption_tell(kith_host *h, host_link *link, kith_why why, kith_ender ender, kith_hci_status hci_status);
kith_why encryption_evidence(kith_hci_status status);

/* window.c */
bool window_admits(const kith_host *h);
void window_on_end(kith_host *h, const smp_session *s);
bool window_expire(kith_host *h);

/* The base of a deadline.  Outside of the calls that tell the time nobody knows it: the duration is kept, marked, and
 * counts from the next time told; kith_host_deadline() asks for that at once. */
#define HOST_UNSETTLED PEERS_UNTOLD

static inline uint64_t host_time(kith_host *h)
{
    h->unsettled |= !h->told;
    return h->told ? h->now_us : HOST_UNSETTLED;
}

/* host.c */
void host_begin(kith_host *h, uint64_t now_us); /* a call that tells the time */
void host_end(kith_host *h);
void host_settle(const kith_host *h, uint64_t *deadline_us); /* it is known what time it is */

/* work.c */
void work_want(kith_host *h, smp_session *s, kith_work_kind kind);
void work_want_store(kith_host *h); /* unless it is at it */
void work_forget(kith_host *h, const smp_session *s);
void work_prepare_own_key(kith_host *h);
void work_forget_own_key(kith_host *h);

/* keys.c: keys that the crypto port keeps.  Holders are the key made ahead, our out of band data, or a session. */
#define KEYS_AHEAD(h) ((const void *)(h)->own_private)
#define KEYS_OOB(h)   ((const void *)&(h)->oob)
bool keys_have_room(const kith_host *h);                  /* for one more to be made */
void keys_on_take(kith_host *h, const kith_work *work);   /* an item goes out */
void keys_on_return(kith_host *h, const kith_work *work); /* and is back, wanted or not */
void keys_give(kith_host *h, const void *holder);         /* the one made ahead, if there is one */
void keys_drop_of(kith_host *h, const void *holder);      /* who lets it go */
void keys_drop_making(kith_host *h);
void keys_erase(kith_host *h);

/* attributes.c: ATT between the channel and the program */
/* clients.c: what is remembered of bonded clients */
void clients_fill(const kith_host *h, const peers_bond *bond, kith_state_record *state);
bool clients_load(kith_host *h, const peers_bond *bond, const kith_state_record *state);
bool clients_want(const kith_host *h, const peers_bond *bond); /* to be written */
void clients_on_stored(kith_host *h, const peers_bond *bond, const kith_state_record *written);
void clients_on_failed(kith_host *h, const peers_bond *bond);
void clients_on_stored_alone(kith_host *h, kith_peer_id peer); /* a new bond, whose link has gone */
void clients_on_change(kith_host *h, host_link *link);
void clients_on_proven(kith_host *h, host_link *link);
void clients_on_link_end(kith_host *h, host_link *link);
bool clients_expire(kith_host *h);
uint64_t clients_deadline(const kith_host *h);
void clients_forget_all(kith_host *h);
void clients_forget_values(kith_host *h, uint16_t first, uint16_t last); /* they are gone from the table */
uint32_t clients_room(const kith_host *h);                               /* records that they will want */

/* serving.c: the server's side of it */
void serving_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);
void serving_note_change(host_link *link, uint16_t first, uint16_t last);
void serving_tell_change(kith_host *h, host_link *link); /* if it may go now; events have room */
void serving_go_on(kith_host *h, host_link *link);       /* of a change that waited for that room */
void serving_end_indication(kith_host *h, host_link *link, kith_gatt_result result);

/* operations.c */
#define HOST_OPERATION_VALUE(mtu) (((size_t)(mtu) + 1) / 2 * 2) /* handles lie in it, too */
void operations_launch(kith_host *h, host_link *link, size_t len);
bool operations_wait(const kith_host *h, host_link *link); /* for operations_go_on() */
void operations_go_on(kith_host *h, host_link *link);
void operations_end(kith_host *h, host_link *link, kith_gatt_result result); /* of those that wait */
void operations_drop(kith_host *h, host_link *link);                         /* none of those that wait is sent */

/* The host's own: the first value of a type, for an operation of kith/peers.h. */
kith_status operations_ask(kith_host *h, kith_link id, kith_token token);

/* remote.c: what is known of a peer's table */
kith_status remote_begin(kith_host *h, host_link *link); /* a survey, or what stands for it */
/* An event of the client: true where it was the survey's. */
bool remote_take(kith_host *h, host_link *link, gatt_client_event *e, uint8_t *out, size_t cap, size_t *out_len);
bool remote_take_hash(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);
void remote_end(host_link *link, gatt_client_event *e); /* of whatever is under way: it is the survey that ends so */
void remote_on_told(kith_host *h, host_link *link, uint16_t handle, const uint8_t *value, size_t len);
void remote_on_proven(host_link *link);
void remote_on_link_end(kith_host *h, const host_link *link); /* while it is known whose it is */
void remote_on_bonded(host_link *link);                       /* a new bond, on a link that was encrypted before it */
bool remote_may_check(const host_link *link);
bool remote_waits(host_link *link); /* for remote_go_on() */
void remote_go_on(kith_host *h, host_link *link);

/* tables.c: and how it is kept */
bool tables_has(const kith_host *h, kith_peer_id peer);
void tables_want(kith_host *h, host_link *link);   /* its table is to be kept */
void tables_void(kith_host *h, kith_peer_id peer); /* what is kept of that peer's is not to be used any more */
bool tables_has_work(kith_host *h);
bool tables_are_busy(const kith_host *h);
void tables_fill(const kith_host *h, kith_work_store *w);
void tables_on_done(kith_host *h, const kith_work_store *w, kith_status result);
void tables_forget_all(kith_host *h);

/* data.c: operations that end in PEER_DATA.  Each owns the event of its end, so that data_end() may be called whenever
 * the operation is known, also where nobody looked for room. */
host_data *data_begin(kith_host *h, kith_peer_id peer, kith_peer_data what, kith_peer_operation operation,
                      kith_token *token, kith_status *status);               /* NULL: *status says why, *token is 0 */
void data_end(kith_host *h, host_data *d, kith_status status, bool changed); /* the slot is free then */
host_data *data_oldest(const kith_host *h, bool (*is_meant)(const kith_host *h, const host_data *d)); /* NULL: none */
void data_end_all(kith_host *h, kith_status status);
void data_end_lost(kith_host *h); /* of peers that are forgotten */

/* values.c: the program's values beside bonds */
bool values_are_busy(const kith_host *h);
bool values_have_work(kith_host *h);
void values_fill(const kith_host *h, kith_work_store *w);
void values_forget(const kith_host *h);   /* whatever is under way, and the item that is out */
bool values_own_item(const kith_host *h); /* the one that is out */
void values_on_done(kith_host *h, const kith_work_store *w, kith_status result);

/* pieces.c: pieces of values in the store.  Those that look are tables and values, never at once. */
typedef enum { PIECES_GO_ON, PIECES_SEEN, PIECES_FAILED } host_seen;
bool pieces_is(uint8_t kind);
void pieces_note(peers_bond *bond, const kith_record *record); /* it is there, or was removed */
void pieces_note_of(const kith_host *h, const kith_record *record);
uint8_t pieces_kind_to_remove(const peers_bond *bond); /* 0: none is there */
bool pieces_are_found_by_name(const kith_host *h);
void pieces_look(host_look *look, kith_peer_id peer, uint8_t type, uint8_t *memory, size_t cap);
bool pieces_are_seen(const kith_host *h, const host_look *look); /* without another item */
void pieces_fill(const kith_host *h, const host_look *look, kith_work_store *w);
host_seen pieces_take(const kith_host *h, host_look *look, const kith_work_store *w, kith_status result);
void pieces_on_written(const kith_host *h); /* something was, whatever it is */

/* store_events.c: what the store could not do for the host itself, and what it does by itself */
void store_events_failed(kith_host *h, kith_peer_id peer, kith_peer_data what, kith_status status);
void store_events_saved(kith_host *h, kith_peer_id peer, kith_peer_data what);
void store_events_on_state(kith_host *h, kith_peer_id peer, kith_status result); /* its state record was written */
bool store_events_wait(const kith_host *h);                                      /* for store_events_go_on() */
void store_events_go_on(kith_host *h);

/* raising.c: our requests that need a better link */
void raising_repeat(kith_host *h, host_link *link);
bool raising_comes_first(const kith_host *h, const host_link *link);
bool raising_waits(const kith_host *h, host_link *link);
void raising_go_on(kith_host *h, host_link *link);

void attributes_tell_end(kith_host *h, host_link *link, const gatt_client_event *e);
void attributes_start_timer(kith_host *h, host_link *link);
void attributes_keep_request(host_link *link, const uint8_t *request, size_t len);
void attributes_note_request(host_link *link);
void attributes_init_link(kith_host *h, host_link *link);
void attributes_on_pdu(kith_host *h, host_link *link, const uint8_t *pdu, size_t len);
void attributes_on_link_end(kith_host *h, host_link *link);
void attributes_on_drop(kith_host *h, host_link *link, bool was_protected);
bool attributes_expire(kith_host *h);
uint64_t attributes_deadline(const kith_host *h);

#endif
