package io.github.pgdispatch.endpoint;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PgDispatchEndpoint} with what applications have of the web.
 */
@PostgresTest
class PgDispatchEndpointWebTests {

	private static final String[] WRITABLE = { "management.endpoint.pgdispatch.access=unrestricted",
			"management.endpoint.pgdispatch.show-values=always", "management.endpoint.pgdispatch.ui.enabled=true" };

	@Test
	void defaultsAreReadOnlyWithoutValuesAndWithoutAPage(TestDatabase database) throws Exception {
		try (EndpointApplication application = EndpointApplication.start(database, WebApplicationType.SERVLET,
				EndpointSecurity.None.class, "server.servlet.context-path=/app", "management.server.port=0",
				"management.server.base-path=/management", "management.endpoints.web.base-path=/tools");
				Session session = new Session(database, "app")) {
			session.run("SELECT pgdispatch.dispatch('SELECT ''secret''', '1 hour')");
			String port = application.context().getEnvironment().getProperty("local.management.port");
			EndpointClient client = new EndpointClient("http://localhost:" + port + "/management/tools/pgdispatch", "");
			assertThat(client.read("").get("writable").booleanValue()).isFalse();
			assertThat(client.read("").get("valuesShown").booleanValue()).isFalse();
			assertThat(client.read("").has("csrf")).isFalse();
			long id = client.read("/jobs").get("jobs").get(0).get("id").longValue();
			assertThat(client.get("/jobs/" + id).text()).doesNotContain("secret");
			assertThat(client.postWithoutToken("/jobs", "{'action': 'cancel', 'all': true}").status()).isEqualTo(405);
			assertThat(session.value("SELECT count(*) FROM pgdispatch.job")).isEqualTo("1");
			assertThat(client.get("/ui").error(404)).contains("management.endpoint.pgdispatch.ui.enabled=true");
			assertThat(client.get("/ui/only-in-tests.js").status()).isEqualTo(404);
		}
	}

	@Test
	void webFluxAnswersAlike(TestDatabase database) throws Exception {
		try (EndpointApplication application = EndpointApplication.start(database, WebApplicationType.REACTIVE,
				EndpointSecurity.NoneOfWebFlux.class, WRITABLE)) {
			answersAlike(database, application);
		}
	}

	@Test
	void jerseyAnswersAlike(TestDatabase database) throws Exception {
		try (EndpointApplication application = EndpointApplication.startWithJersey(database,
				EndpointSecurity.Csrf.class, WRITABLE)) {
			answersAlike(database, application);
		}
	}

	private static void answersAlike(TestDatabase database, EndpointApplication application) throws Exception {
		try (Session session = new Session(database, "app")) {
			EndpointClient client = new EndpointClient(application.url("/actuator/pgdispatch"), "");
			session.run("SELECT pgdispatch.dispatch('SELECT ''secret''', '1 hour', label => 'alike')");
			long id = client.read("/jobs?label=alike").get("jobs").get(0).get("id").longValue();
			assertThat(client.get("/jobs/" + id).text()).contains("secret");
			assertThat(client.get("/jobs/999").error(404)).contains("999");
			assertThat(client.get("/jobs?limit=0").error(400)).contains("limit");
			assertThat(client.get("/ui/only-in-tests.js").type())
				.isEqualToIgnoringCase("text/javascript;charset=UTF-8");
			assertThat(client.get("/ui/only-in-tests.js").text()).contains("for tests");
			assertThat(client.postWithoutToken("/jobs", "{'action': 'cancel', 'all': true}").status()).isEqualTo(403);
			assertThat(client.read("").get("status").get("jobs")).hasSize(1);
			assertThat(client.post("/jobs", "{'action': 'cancel', 'label': 'alike'}").json(200).get("count").intValue())
				.isOne();
			assertThat(application.auditEvents()).singleElement()
				.satisfies((event) -> assertThat(event.getPrincipal()).isEqualTo("anonymous"));
		}
	}

}
