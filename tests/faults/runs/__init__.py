"""The runs of the campaign. Each is a class: make() prepares, record() does what is recorded, judge(state, image) looks
at one state after a power cut and raises machine_room.Wrong where a promise is broken."""
