package io.github.pgdispatch.endpoint;

import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A user of the endpoint with a browser, which keeps cookies.
 */
final class EndpointClient {

	private final HttpClient http = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

	private final String base;

	private final String user;

	/**
	 * Creates a client.
	 * @param base the address of the endpoint
	 * @param user the user, whose password is the same; empty for nobody
	 */
	EndpointClient(String base, String user) {
		this.base = base;
		this.user = user;
	}

	Answer get(String path) {
		return send(request(path).GET());
	}

	JsonNode read(String path) {
		return get(path).json(200);
	}

	/**
	 * Sends a change as the page does, with what the overview says.
	 */
	Answer post(String path, String body) {
		JsonNode csrf = read("").path("csrf");
		HttpRequest.Builder request = change(path, body);
		return send(csrf.isObject() ? request.header(csrf.get("header").stringValue(), csrf.get("token").stringValue())
				: request);
	}

	Answer postWithoutToken(String path, String body) {
		return send(change(path, body));
	}

	private HttpRequest.Builder change(String path, String body) {
		return request(path).header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(body.replace('\'', '"')));
	}

	private HttpRequest.Builder request(String path) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(this.base + path)).header("Accept", "*/*");
		if (!this.user.isEmpty()) {
			String login = this.user + ":" + this.user;
			request.header("Authorization",
					"Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)));
		}
		return request;
	}

	private Answer send(HttpRequest.Builder request) {
		try {
			HttpResponse<String> response = this.http.send(request.build(), BodyHandlers.ofString());
			return new Answer(response.statusCode(), response.headers().firstValue("Content-Type").orElse(""),
					response.body());
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * What the server has answered.
	 */
	record Answer(int status, String type, String text) {

		JsonNode json(int expectedStatus) {
			if (this.status != expectedStatus) {
				throw new AssertionError("The status is " + this.status + ": " + this.text);
			}
			return JsonMapper.shared().readTree(this.text);
		}

		String error(int expectedStatus) {
			return json(expectedStatus).get("error").stringValue();
		}

	}

}
