"""What broke when the whole was first attacked, and the tests of each."""

from typing import NamedTuple


class Fault(NamedTuple):
    """What broke, and the tests, as `file::test` below `tests/`."""

    what: str
    tests: tuple[str, ...]


STRANGE = "end_to_end/test_strange_runs.py::test_"
ACCESS = "ui/test_access.py::test_"
ONE = "text/test_one_reader.py::test_"
ALIKE = "text/test_normalisation.py::test_"
ASKED = "explore/test_arguments.py::test_"
SEEN = "text/test_preview.py::test_"

UNDER_ATTACK = {
    "B1": Fault(
        "the page listened on all interfaces, and asked an outside host for its address",
        (ACCESS + "the_page_listens_here_alone_and_asks_nobody",),
    ),
    "B2": Fault(
        "a small recipe took all memory",
        ("system/test_toml_writer.py::test_a_small_recipe_takes_no_time_and_is_refused_by_name",),
    ),
    "B3": Fault(
        "one bad run folder broke other runs",
        (
            STRANGE + "checksums_that_cannot_be_read_hide_no_other_run",
            STRANGE + "files_of_somebody_else_hide_no_other_run",
            STRANGE + "figures_that_cannot_be_are_told_in_one_line",
            STRANGE + "a_run_of_impossible_figures_leaves_the_page_to_the_others",
            STRANGE + "rows_beyond_the_corpus_are_refused_and_the_other_run_stays",
            STRANGE + "an_error_within_a_part_of_a_page_is_one_line_too",
        ),
    ),
    "B4": Fault(
        "small files that unpack to gigabytes",
        (
            "system/test_bounded_parquet.py::"
            "test_a_row_repeated_millions_of_times_is_refused_by_both_readers",
            "system/test_bounded_parquet.py::"
            "test_a_long_label_is_held_once_however_many_rows_have_it",
            "runs/test_pack.py::test_a_small_pack_of_gigabytes_is_not_unpacked",
            "runs/test_weights.py::test_no_tensor_is_read_before_all_have_the_shapes_of_the_model",
            ONE + "a_table_of_very_many_columns_is_refused_at_once",
        ),
    ),
    "B5": Fault(
        "a foreign model card loaded an image from elsewhere",
        ("ui/test_model.py::test_an_image_becomes_a_link_whatever_stands_before_it",),
    ),
    "B6": Fault(
        "a diverged training was sealed",
        (
            "training/test_trainer.py::test_a_training_that_diverged_is_never_sealed",
            "runs/test_weights.py::test_weights_that_overflow_in_a_product_are_refused",
        ),
    ),
    "B7": Fault(
        "any Host and any origin on this machine was answered",
        (ACCESS + "without_a_setting_only_this_machine_is_answered",),
    ),
    "B8": Fault(
        "memory that ran out was a traceback",
        ("system/test_memory.py::test_memory_that_runs_out_is_one_line",),
    ),
    "B9": Fault(
        "texts in Parquet that are not UTF-8",
        ("system/test_bounded_parquet.py::test_a_text_that_is_not_utf_8_is_one_line",),
    ),
    "B10": Fault(
        "tracebacks from foreign recipes and maps",
        (
            STRANGE + "a_corpus_of_no_possible_path_is_one_that_is_missing",
            STRANGE + "measures_of_a_map_are_numbers",
            STRANGE + "a_map_that_was_cut_is_refused",
        ),
    ),
    "B11": Fault(
        "a kill left a map without its checksum",
        ("system/test_every_kill.py::test_a_kill_at_any_call_is_made_good_by_the_next_command",),
    ),
    "B12": Fault(
        "a kill left temporary files",
        (
            "system/test_every_kill.py::test_only_temporary_files_are_removed",
            "system/test_real_kills.py::test_a_killed_work_is_made_good_by_the_next",
        ),
    ),
    "B13": Fault(
        "other sites could show the page in a frame",
        (ACCESS + "no_other_site_frames_the_page_and_no_type_is_guessed",),
    ),
    "B14": Fault(
        "links out of a run's folder were followed; marks of direction passed",
        (
            STRANGE + "a_link_out_of_the_folder_is_not_followed",
            "cli/test_output.py::test_json_hides_no_marks_of_direction",
        ),
    ),
    "B15": Fault(
        "Ctrl-C during an import was a traceback",
        ("cli/test_commands.py::test_an_interrupt_inside_a_library_s_import_is_one",),
    ),
    "B16": Fault(
        "figures that do not reproduce",
        (
            "end_to_end/test_reproducible.py::test_evaluating_again_writes_the_same_bytes",
            "end_to_end/test_same_figures.py::test_figures_depend_on_no_threads",
        ),
    ),
    "B17": Fault(
        "half-sent requests stayed open",
        ("ui/test_request_timeout.py::test_a_half_sent_request_is_closed",),
    ),
}

WITH_STRANGERS = {
    "C1": Fault(
        "runs on different text were ranked",
        ("ui/test_compare.py::test_runs_of_different_text_are_not_compared",),
    ),
    "C2": Fault(
        "no map in a read-only container",
        (ASKED + "umap_finds_a_cache_where_nothing_else_can_be_written",),
    ),
    "C3": Fault(
        "one text in several Unicode forms",
        (ALIKE + "both_unicode_forms_are_the_same_words",),
    ),
    "C4": Fault("invisible characters as words", (ALIKE + "what_looks_alike_is_read_alike",)),
    "C5": Fault(
        "a table read as plain text",
        (ONE + "a_table_under_the_name_of_plain_text_is_pointed_out",),
    ),
    "C6": Fault(
        "the wrong column chosen in silence",
        (ONE + "bytes_may_be_the_sentences_and_pictures_are_none",),
    ),
    "C7": Fault(
        "the working folder hid the runs that ship",
        ("test_packaging.py::test_a_run_of_this_folder_hides_no_shipped_run",),
    ),
    "C8": Fault(
        "a run lost its files after os.chdir",
        (ASKED + "a_run_is_read_from_its_folder_wherever_the_program_goes",),
    ),
    "C9": Fault(
        "labels such as NA were lost",
        (ONE + "a_label_may_be_any_word_and_a_missing_sentence_none",),
    ),
    "C10": Fault(
        "wrong arguments ended in a library's exception",
        (ASKED + "a_wrong_argument_is_a_sentence", ASKED + "no_samples_are_none"),
    ),
    "C11": Fault(
        "typographic spellings as other words",
        (ALIKE + "what_looks_alike_is_read_alike",),
    ),
    "C12": Fault(
        "classes left grey without a word",
        (ASKED + "more_classes_than_colours_are_said_to_be",),
    ),
    "C13": Fault("boxes for letters in pictures", (ASKED + "a_picture_has_no_boxes_for_letters",)),
    "C14": Fault(
        "different rules for small and large files",
        ("text/test_stream_file.py::test_what_is_read_or_refused_does_not_depend_on_the_size",),
    ),
    "C15": Fault(
        "an empty XDG_DATA_HOME wrote into the working folder",
        ("system/test_atomic_files.py::test_an_empty_data_folder_counts_as_none",),
    ),
    "C16": Fault("an object as a label", (ONE + "an_object_is_no_label",)),
    "C17": Fault("intervals upside down", (ASKED + "an_interval_ascends_and_has_minus_signs",)),
    "C18": Fault(
        "messages that named something else",
        (
            SEEN + "lines_before_the_header_are_skipped",
            SEEN + "an_array_under_the_name_of_json_lines_is_read",
            SEEN + "quotes_escaped_by_a_backslash_are_read",
            ONE + "an_address_is_no_file",
        ),
    ),
    "C19": Fault(
        "a run could be neither pickled nor copied",
        (ASKED + "a_run_can_be_copied_and_sent",),
    ),
    "C20": Fault(
        "a corpus that changed between new and train",
        (ALIKE + "a_file_that_changed_after_new_is_not_trained_on",),
    ),
    "C21": Fault(
        "formats that were missing",
        (SEEN + "every_format_with_columns_gives_the_same_sentences_and_labels",),
    ),
}
