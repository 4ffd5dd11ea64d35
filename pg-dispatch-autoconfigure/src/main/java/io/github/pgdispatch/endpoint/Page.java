package io.github.pgdispatch.endpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.regex.Pattern;

import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.core.io.ClassPathResource;
import org.springframework.util.MimeType;
import org.springframework.util.StringUtils;

/**
 * The files of the page that shows the answers of the endpoint to people. They are in one
 * folder of the class path, and there is no way out of it.
 */
final class Page {

	static final String PATH = "ui";

	private static final Pattern NAME = Pattern.compile("[a-z0-9-]+\\.[a-z0-9]+");

	private static final Map<String, MimeType> TYPES = Map.of("html", MimeType.valueOf("text/html;charset=UTF-8"),
			"css", MimeType.valueOf("text/css;charset=UTF-8"), "js", MimeType.valueOf("text/javascript;charset=UTF-8"),
			"json", MimeType.valueOf("application/json"), "svg", MimeType.valueOf("image/svg+xml"), "png",
			MimeType.valueOf("image/png"), "woff2", MimeType.valueOf("font/woff2"));

	private final boolean enabled;

	Page(boolean enabled) {
		this.enabled = enabled;
	}

	/**
	 * Reads a file.
	 * @param name the name of the file
	 * @return its content, with its type
	 * @throws NoSuchElementException if there is no such file, or there is no page
	 */
	WebEndpointResponse<Object> read(String name) {
		if (!this.enabled) {
			throw new NoSuchElementException(
					"The page is switched off. Set management.endpoint.pgdispatch.ui.enabled=true");
		}
		MimeType type = TYPES.get(String.valueOf(StringUtils.getFilenameExtension(name)));
		ClassPathResource file = new ClassPathResource(PATH + "/" + name, getClass());
		if (type == null || !NAME.matcher(name).matches() || !file.exists()) {
			throw new NoSuchElementException("The page has no such file");
		}
		try {
			return new WebEndpointResponse<>(file.getContentAsByteArray(), type);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
