package io.github.pgdispatch.samples.documentation;

import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the documentation has one word for one thing: none of those that once had
 * another one.
 */
class DocumentationVocabularyTests {

	private static final Pattern RETIRED = Pattern.compile(
			"\\b(suspects?|lanes?|admit(s|ted)?|bur(y|ied)|summons?|disown(s|ed)?|outlook|max_running|fired_at|firedAt"
					+ "|back_off_factor|back_off_limit|backOffLimit|max-delay|cron_setting|lettingPass|outsideTransaction"
					+ "|at the most|how often)\\b",
			Pattern.CASE_INSENSITIVE);

	static Stream<Page> pages() {
		return Repository.pages();
	}

	@ParameterizedTest
	@MethodSource("pages")
	void noRetiredWordIsUsed(Page page) {
		assertThat(RETIRED.matcher(page.text()).results().map((word) -> word.group())).isEmpty();
	}

}
